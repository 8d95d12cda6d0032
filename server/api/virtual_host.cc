#include "server/api/virtual_host.h"

#include "common/base/bytes.h"

namespace objstore::api {
namespace {

std::string_view without_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  // "[::1]:9000" ends its address with a bracket; an IPv6 address is never a domain of ours.
  if (colon == std::string_view::npos || host.starts_with('[')) return host;
  return host.substr(0, colon);
}

}  // namespace

std::optional<std::string> virtual_bucket(std::string_view host, const std::vector<std::string>& domains) {
  const std::string name = to_lower(without_port(host));
  std::optional<std::string> best;
  for (const std::string& domain : domains) {
    const std::string suffix = "." + to_lower(domain);
    if (name == std::string_view(suffix).substr(1)) return std::nullopt;  // the domain itself: path style
    if (name.size() <= suffix.size() || !name.ends_with(suffix)) continue;
    std::string bucket = name.substr(0, name.size() - suffix.size());
    // Of "example.com" and "s3.example.com" the longer domain is the one that was meant.
    if (!best || bucket.size() < best->size()) best = std::move(bucket);
  }
  return best;
}

}  // namespace objstore::api
