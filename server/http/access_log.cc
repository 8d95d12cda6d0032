#include "server/http/access_log.h"

#include "common/base/log.h"

namespace objstore::http {

void write_access_line(const AccessLine& line) {
  if (!log::enabled(log::Level::kInfo)) return;
  log::info("request", {{"id", line.head.request_id},
                        {"peer", line.head.peer.address},
                        {"method", line.head.method},
                        {"principal", line.access.principal},
                        {"action", line.access.action},
                        {"bucket", line.access.bucket},
                        {"key", line.access.key},
                        {"status", static_cast<std::int64_t>(line.status)},
                        {"bytes_in", static_cast<std::int64_t>(line.bytes_in)},
                        {"bytes_out", static_cast<std::int64_t>(line.bytes_out)},
                        {"ms", line.elapsed_ms},
                        {"complete", line.complete},
                        {"error", line.access.error}});
}

}  // namespace objstore::http
