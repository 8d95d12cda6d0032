// The audit log: who did what to which object, and what became of it. One JSON object a line for each request. Any
// thread.
//
// As in the access log, no header and no query stands in it: signatures and tokens travel there. What is sent by
// clients is escaped, so that no key or name can begin a line of its own.
#pragma once

#include <atomic>

#include "common/base/clock.h"
#include "common/base/rotating_file.h"
#include "server/http/access_log.h"

namespace objstore::http {

class AuditLog {
 public:
  AuditLog(RotatingFileOptions options, const Clock& clock) : file_(std::move(options)), clock_(clock) {}
  // Also anew, after somebody has moved the file. kIo.
  Status open() { return file_.open(); }
  // What cannot be written is said in the log once, until it can be again. Requests go on.
  void write(const AccessLine& line);

 private:
  RotatingFile file_;
  const Clock& clock_;
  std::atomic<bool> failing_ = false;
};

}  // namespace objstore::http
