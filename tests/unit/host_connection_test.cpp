#include "harness/host_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "harness/program_json.h"
#include "harness/protocol.h"
#include "tests/unit/host_process_test_support.h"

namespace vdsconform {
namespace {

using testing::HasSubstr;

// A host that has greeted.
std::unique_ptr<HostConnection> Greeted(const std::string& behaviour) {
  auto started = HostConnection::StartOwn(VDSCONFORM_HOSTILE_HOST, Library(behaviour), {});
  if (const auto* error = std::get_if<std::string>(&started)) {
    ADD_FAILURE() << *error;
    return nullptr;
  }
  auto host = std::get<std::unique_ptr<HostConnection>>(std::move(started));
  EXPECT_EQ(host->Wait(60'000, nullptr), HostConnection::Happening::kLine);
  return host;
}

// The whole process stands still, its executor included: only the runner can tell.
TEST_F(HostProcess, StoppedProcessIsGivenUp) {
  const auto host = Greeted("stop");
  ASSERT_NE(host, nullptr);
  host->Send(ToJson(Simple()));
  EXPECT_EQ(host->Wait(500, nullptr), HostConnection::Happening::kSilent);
}

// Without descriptors the executor cannot see what its calls do, and does not pretend to.
TEST_F(HostProcess, HostThatCannotWatchOverACallIsGivenUp) {
  const auto host = Greeted("no-descriptors-hang");
  ASSERT_NE(host, nullptr);
  host->Send(ToJson(Simple()));
  EXPECT_EQ(host->Wait(1'000, nullptr), HostConnection::Happening::kSilent);
}

// A call that waits is no silence as long as the executor watches over it.
TEST_F(HostProcess, BusyHostIsNotGivenUp) {
  const auto host = Greeted("hang");
  ASSERT_NE(host, nullptr);
  host->Send(ToJson(Patience{200, 4'000, 60'000}));
  host->Send(ToJson(Simple()));
  HostConnection::Happening happening;
  std::string last;
  while ((happening = host->Wait(2'000, nullptr)) == HostConnection::Happening::kLine) {
    last = host->line();
  }
  EXPECT_EQ(happening, HostConnection::Happening::kEnded);
  EXPECT_THAT(last, HasSubstr("\"hung\":true"));
}

TEST_F(HostProcess, HostEndsByItselfAtTheEndOfItsInput) {
  for (const char* behaviour : {"none", "threads"}) {
    SCOPED_TRACE(behaviour);
    const auto host = Greeted(behaviour);
    ASSERT_NE(host, nullptr);
    host->Send(ToJson(Simple()));
    do {
      ASSERT_EQ(host->Wait(60'000, nullptr), HostConnection::Happening::kLine);
    } while (!std::holds_alternative<Done>(ParseHostLine(host->line())));
    host->CloseInput();
    EXPECT_EQ(host->Wait(60'000, nullptr), HostConnection::Happening::kEnded);
    EXPECT_EQ(host->End().detail, "exit status 0");
  }
}

}  // namespace
}  // namespace vdsconform
