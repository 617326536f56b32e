#include "harness/fuzz_pool.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "harness/program_bytes.h"

namespace vdsconform {
namespace {

constexpr int kLookMs = 20;
// What one input may use of its own time before it is looked into apart.
constexpr uint32_t kInputPatienceMs = 400;
// A process that dies before it runs anything will do so again.
constexpr uint32_t kMaxVainStarts = 3;

}  // namespace

FuzzPool::FuzzPool(const Options& options, const Campaign& campaign, std::string corpus)
    : options_(options),
      campaign_(campaign),
      corpus_(std::move(corpus)),
      places_(options.fuzz.jobs) {}

void FuzzPool::Start() {
  for (Place& place : places_) {
    if (place.waits && error_.empty()) StartIn(place);
  }
}

FuzzWorkerOptions FuzzPool::WorkerOptions() {
  FuzzWorkerOptions worker;
  worker.strict = campaign_.strict();
  worker.profile = campaign_.profile();
  worker.iut = options_.iut;
  const size_t most = kPackedHeaderBytes + options_.fuzz.max_steps * kPackedStepBytes;
  const uint64_t seed = campaign_.seed + 7919 * starts_++;
  const bool shares = options_.fuzz.jobs > 1 || !options_.fuzz.corpus.empty();
  worker.engine = {"-max_len=" + std::to_string(most),
                   "-seed=" + std::to_string(seed % 0x7FFFFFFF + 1), "-timeout=0",
                   "-rss_limit_mb=4096", "-malloc_limit_mb=4096", "-detect_leaks=0",
                   "-print_funcs=0", "-print_pcs=0", "-verbosity=1", "-entropic=0",
                   // Nobody but other processes adds to the corpus.
                   shares ? "-reload=1" : "-reload=0",
                   // Whatever ends the process is seen from outside.
                   "-handle_segv=0", "-handle_bus=0", "-handle_abrt=0", "-handle_ill=0",
                   "-handle_fpe=0", "-handle_int=0", "-handle_term=0", "-handle_xfsz=0",
                   "-handle_usr1=0", "-handle_usr2=0", "-handle_alrm=0"};
  return worker;
}

void FuzzPool::StartIn(Place& place) {
  place.waits = false;
  const bool limited = options_.fuzz.runs != 0;
  const uint64_t share = std::max<uint64_t>(1, options_.fuzz.runs / options_.fuzz.jobs);
  if (limited && share <= place.executions_before) return;
  FuzzWorkerOptions worker = WorkerOptions();
  if (limited) worker.engine.push_back("-runs=" + std::to_string(share - place.executions_before));
  worker.engine.push_back(corpus_);
  auto started = FuzzJob::Start(std::move(worker));
  if (auto* error = std::get_if<std::string>(&started)) {
    error_ = std::move(*error);
    return;
  }
  place.job = std::get<std::unique_ptr<FuzzJob>>(std::move(started));
}

void FuzzPool::Look() {
  std::vector<pollfd> polled;
  for (const Place& place : places_) {
    if (!place.job) continue;
    for (const int fd : place.job->descriptors()) polled.push_back({fd, POLLIN, 0});
  }
  poll(polled.data(), polled.size(), kLookMs);
  for (Place& place : places_) {
    if (place.job && error_.empty()) LookAfter(place);
  }
}

void FuzzPool::LookAfter(Place& place) {
  place.job->Read();
  const FuzzJob::State state = place.job->Look(kInputPatienceMs);
  TakeClaims(place);
  if (state == FuzzJob::State::kRuns) return;
  if (state != FuzzJob::State::kEnded) NoteEnd(place, state);
  Clear(place);
}

void FuzzPool::NoteEnd(Place& place, FuzzJob::State state) {
  FuzzJob& job = *place.job;
  place.waits = true;
  if (state == FuzzJob::State::kDied && job.executions() == 0) {
    const bool has_engine = job.End().detail != "exit status " + std::to_string(kNoEngine);
    if (!has_engine || ++place.vain_starts >= kMaxVainStarts) error_ = job.WhyInVain();
    return;
  }
  place.vain_starts = 0;
  const std::string what = state == FuzzJob::State::kStuck
                               ? std::string("a call that did not come back")
                               : job.End().detail;
  suspicions_.push_back(
      {{what, job.CurrentInput(), job.executions(), std::chrono::steady_clock::now()},
       executions()});
  ++ends_;
}

void FuzzPool::TakeClaims(Place& place) {
  // All but those that this process has made.
  const uint64_t beside = executions() - place.job->executions();
  for (FuzzJob::Claim& claim : place.job->TakeClaims()) {
    const uint64_t by_then = beside + claim.executions;
    suspicions_.push_back({std::move(claim), by_then});
  }
}

void FuzzPool::NoteReach(const FuzzJob& job) {
  reach_.coverage = std::max(reach_.coverage, job.coverage());
  reach_.features = std::max(reach_.features, job.features());
  reach_.corpus = std::max(reach_.corpus, job.corpus());
}

void FuzzPool::Clear(Place& place) {
  place.job->Read();
  TakeClaims(place);
  NoteReach(*place.job);
  place.executions_before += place.job->executions();
  place.job.reset();
}

void FuzzPool::Stop() {
  for (Place& place : places_) {
    if (place.job) Clear(place);
  }
}

void FuzzPool::Forgive() {
  for (Place& place : places_) {
    if (place.job) place.job->Forgive();
  }
}

bool FuzzPool::over() const {
  return std::none_of(places_.begin(), places_.end(),
                      [](const Place& place) { return place.job || place.waits; });
}

uint64_t FuzzPool::executions() const {
  uint64_t all = 0;
  for (const Place& place : places_) {
    all += place.executions_before + (place.job ? place.job->executions() : 0);
  }
  return all;
}

FuzzPool::Reach FuzzPool::reach() {
  for (const Place& place : places_) {
    if (place.job) NoteReach(*place.job);
  }
  return reach_;
}

}  // namespace vdsconform
