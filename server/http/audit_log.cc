#include "server/http/audit_log.h"

#include "common/base/log_text.h"
#include "common/wire/time.h"

namespace objstore::http {

void AuditLog::write(const AccessLine& line) {
  const std::string fields = log::format_json("request", {{"id", line.head.request_id},
                                                          {"client", line.head.peer.address},
                                                          {"secure", line.head.secure},
                                                          {"account", line.access.account},
                                                          {"principal", line.access.principal},
                                                          {"access_key", line.access.access_key},
                                                          {"method", line.head.method},
                                                          {"action", line.access.action},
                                                          {"bucket", line.access.bucket},
                                                          {"key", line.access.key},
                                                          {"version", line.access.version},
                                                          {"status", static_cast<std::int64_t>(line.status)},
                                                          {"error", line.access.error},
                                                          {"bytes_in", static_cast<std::int64_t>(line.bytes_in)},
                                                          {"bytes_out", static_cast<std::int64_t>(line.bytes_out)},
                                                          {"complete", line.complete}});
  const Status written =
      file_.write_line("{\"time\":\"" + wire::format_iso8601(clock_.now_ms()) + "\"," + fields + "}");
  if (failing_.exchange(!written) || written) return;
  log::error("the audit log cannot be written", {{"error", written.error().message}});
}

}  // namespace objstore::http
