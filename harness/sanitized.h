// Whether this program is built with a sanitizer, which takes memory and signals for itself:
// VDSCONFORM_SANITIZED is 1 or 0. gcc and clang tell it in different ways.
#ifndef VDSCONFORM_HARNESS_SANITIZED_H_
#define VDSCONFORM_HARNESS_SANITIZED_H_

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define VDSCONFORM_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define VDSCONFORM_SANITIZED 1
#endif
#endif
#ifndef VDSCONFORM_SANITIZED
#define VDSCONFORM_SANITIZED 0
#endif

namespace vdsconform {

inline constexpr bool kSanitized = VDSCONFORM_SANITIZED != 0;

}  // namespace vdsconform

#endif  // VDSCONFORM_HARNESS_SANITIZED_H_
