// The access log: one line for each request. No query string and no header ever appears in it: both carry credentials.
#pragma once

#include <cstdint>

#include "server/api/handler.h"

namespace objstore::http {

struct AccessLine {
  const wire::RequestHead& head;
  const api::AccessRecord& access;
  int status = 0;
  std::uint64_t bytes_in = 0;   // of the body
  std::uint64_t bytes_out = 0;  // of the body
  double elapsed_ms = 0;
  bool complete = true;  // the reply was sent to its end
};

void write_access_line(const AccessLine& line);

}  // namespace objstore::http
