// A program that is nothing but our own host, for tests whose own binary is not the command.
#include <cstdio>

#include "harness/host_main.h"

int main(int argc, char** argv) {
  const auto options = vdsconform::ParseHostArguments(argc, argv);
  if (!options) {
    std::fputs("usage: host --iut LIBRARY --protocol-fd N --journal-fd M\n", stderr);
    return 2;
  }
  return vdsconform::HostMain(*options);
}
