// A pass of the scrubber as an operator sees it, and which objects damage concerns. Any thread, one call at a time.
#pragma once

#include <objstore/error.h>

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "server/app/config.h"
#include "server/app/jobs.h"
#include "server/app/store.h"

namespace objstore::app {

// What the job of kind "scrub" does on the store that this process serves: waits for a whole pass. The store outlives
// it.
Jobs::Work scrub_online(Store& store);
// Opens the store as a server would, without listening, and waits for a pass. kUnavailable: it is being served.
Result<std::string> scrub_offline(const Config& config, const std::function<void(double)>& progress);

// Both give the report as a JSON document. For people; kMalformed when it is no such document.
Result<std::string> scrub_text(std::string_view report);
// 0; 1 when chunks are damaged for which there is no good copy.
Result<int> scrub_exit_status(std::string_view report);

// How many chunks have a copy that was found damaged. Any thread.
class DamageCount {
 public:
  struct Count {
    std::uint64_t damaged = 0;  // at most kCountedMax
    std::uint64_t lost = 0;     // those without a good copy
  };
  static constexpr std::size_t kCountedMax = 10'000;

  explicit DamageCount(storage::Engine& engine) : engine_(engine) {}
  // Looks at the rows of all chunks only when a chunk was ever found damaged, and then once in a while: whoever asks
  // for the server's state does so often.
  Result<Count> get();

 private:
  static constexpr std::chrono::minutes kAgeMax{5};
  storage::Engine& engine_;
  std::mutex mutex_;
  std::string generation_;  // guarded by mutex_, like all below: of the last look
  std::chrono::steady_clock::time_point looked_at_{};
  Count count_;
};

}  // namespace objstore::app
