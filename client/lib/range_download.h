// One object into a part file by several streams, each of which asks for ranges of it.
//
// Lives for one call, which belongs to one thread; the streams beyond the first run on threads of their own that end
// before run() returns.
#pragma once

#include <objstore/client.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "client/lib/download.h"
#include "client/lib/meter.h"
#include "client/lib/part_file.h"
#include "client/lib/segment_queue.h"

namespace objstore::client {

class RangeDownload {
 public:
  // info: of the object, with its ETag, which every range is asked for with. streams: at least 1. All of them outlive
  // this.
  RangeDownload(const DownloadContext& context, const ObjectName& from, const GetOptions& options,
                const ObjectInfo& info, PartFile& file, unsigned streams);

  // Fetches what the file lacks. front: the answer to a GET of the whole, which then is one of the streams as long as
  // nobody else has what comes next in it; may be null. kConflict when the object is replaced meanwhile.
  Status run(std::unique_ptr<Incoming> front);

 private:
  Status fetch_all(std::unique_ptr<Incoming> front);
  Status read_front(std::unique_ptr<Incoming> front, Meter::Part& meter, std::vector<std::byte>& block);
  Status fetch(SegmentQueue::Run run, Meter::Part& meter, std::vector<std::byte>& block);
  Result<std::unique_ptr<Incoming>> open(std::size_t segment, std::size_t end) const;
  // Into the segments from `segment` up to `end`; moves `segment` on as they become complete. broken: the connection's
  // error, if that ended it.
  Status receive(Incoming& incoming, std::size_t& segment, std::size_t end, Meter::Part& meter,
                 std::vector<std::byte>& block, std::optional<Error>& broken);

  const DownloadContext& context_;
  const ObjectName& from_;
  const GetOptions& options_;
  const ObjectInfo& info_;
  PartFile& file_;
  const unsigned streams_;
  Meter meter_;
  std::optional<SegmentQueue> queue_;
  std::stop_source stop_;  // of the streams: the caller's stop, or a stream that failed
  std::stop_callback<std::function<void()>> stop_with_caller_;
  std::mutex mutex_;
  std::optional<Error> error_;  // guarded by mutex_; the first one
};

}  // namespace objstore::client
