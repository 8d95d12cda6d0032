// The Prometheus text of a server: counters of its layers, and nothing about who asks or what is stored. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "server/app/scrub.h"
#include "server/app/store.h"
#include "server/http/server.h"

namespace objstore::app {

struct MetricsSources {
  Store& store;
  DamageCount& damage;
  http::Server& server;
  const Clock& clock;
  UnixMillis started_ms = 0;
  std::string_view version;
};

// Text format 0.0.4.
std::string metrics_text(const MetricsSources& sources);

}  // namespace objstore::app
