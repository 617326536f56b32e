// generate_history EVENTS FILE: writes a conforming history of that many events.
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "spec/history_json.h"
#include "tests/benchmark/generate_history.h"

int main(int argc, char** argv) {
  const unsigned long long events = argc == 3 ? std::strtoull(argv[1], nullptr, 10) : 0;
  if (events == 0) {
    std::fputs("usage: generate_history EVENTS FILE\n", stderr);
    return 2;
  }
  std::ofstream file(argv[2], std::ios::binary);
  file << vdsconform::HistoryHeader() << '\n';
  vdsconform::GenerateHistory(events, [&file](const vdsconform::Event& event) {
    file << vdsconform::ToJson(event) << '\n';
  });
  file.close();
  if (!file) {
    std::fprintf(stderr, "generate_history: cannot write %s\n", argv[2]);
    return 2;
  }
  return 0;
}
