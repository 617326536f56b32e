// Values that few objects have, for the price of a pointer in those that have none.
//
// A Rare<T> is used as a std::optional<T>, a RareText as a std::string. Both own what they point to
// and copy it with themselves. An empty one allocates nothing and is made, copied and destroyed in
// an instruction or two, so that a struct of many is cheap to pass on. Plain values, no
// thread-safety of their own.
#ifndef VDSCONFORM_SPEC_RARE_H_
#define VDSCONFORM_SPEC_RARE_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace vdsconform {

template <typename T>
class Rare {
 public:
  Rare() = default;
  Rare(std::nullopt_t) {}
  Rare(T value) : value_(std::make_unique<T>(std::move(value))) {}
  Rare(std::optional<T> value) {
    if (value) emplace(*std::move(value));
  }
  Rare(const Rare& other) : value_(other ? std::make_unique<T>(*other) : nullptr) {}
  Rare(Rare&&) noexcept = default;
  Rare& operator=(const Rare& other) {
    if (!other) {
      value_.reset();
    } else if (value_) {
      *value_ = *other;
    } else {
      value_ = std::make_unique<T>(*other);
    }
    return *this;
  }
  Rare& operator=(Rare&&) noexcept = default;
  ~Rare() = default;

  explicit operator bool() const { return value_ != nullptr; }
  bool has_value() const { return value_ != nullptr; }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return value_.get(); }
  const T* operator->() const { return value_.get(); }

  template <typename... Arguments>
  T& emplace(Arguments&&... arguments) {
    value_ = std::make_unique<T>(std::forward<Arguments>(arguments)...);
    return *value_;
  }
  void reset() { value_.reset(); }

  friend bool operator==(const Rare& a, const Rare& b) {
    return a && b ? *a == *b : a.has_value() == b.has_value();
  }

 private:
  std::unique_ptr<T> value_;
};

class RareText {
 public:
  RareText() = default;
  RareText(std::string text) { Set(std::move(text)); }
  RareText(std::string_view text) { Set(std::string(text)); }
  RareText(const char* text) { Set(text); }

  bool empty() const { return !text_; }
  size_t size() const { return str().size(); }
  const std::string& str() const { return text_ ? *text_ : Empty(); }
  operator const std::string&() const { return str(); }

  void clear() { text_.reset(); }
  RareText& operator+=(std::string_view more) {
    Set(std::string(str()).append(more));
    return *this;
  }

  friend bool operator==(const RareText& a, const RareText& b) { return a.str() == b.str(); }
  friend bool operator==(const RareText& a, std::string_view b) { return a.str() == b; }
  friend bool operator==(const RareText& a, const std::string& b) { return a.str() == b; }
  friend bool operator==(const RareText& a, const char* b) { return a.str() == b; }
  friend std::string operator+(const std::string& a, const RareText& b) { return a + b.str(); }
  friend std::ostream& operator<<(std::ostream& out, const RareText& text) {
    return out << text.str();
  }

 private:
  static const std::string& Empty() {
    static const std::string empty;
    return empty;
  }
  void Set(std::string text) {
    text_.reset();
    if (!text.empty()) text_ = std::move(text);
  }

  Rare<std::string> text_;  // none: empty
};

}  // namespace vdsconform

#endif  // VDSCONFORM_SPEC_RARE_H_
