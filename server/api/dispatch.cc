#include "server/api/dispatch.h"

#include <utility>

#include "server/api/virtual_host.h"

namespace objstore::api {
namespace {

constexpr std::string_view kInternalPrefix = "/-/";

}  // namespace

Dispatcher::Dispatcher(Handler& s3, Handler& admin, std::vector<std::string> domains)
    : s3_(s3), admin_(admin), domains_(std::move(domains)) {}

Handler& Dispatcher::choose(const wire::RequestHead& head) {
  if (!head.path.starts_with(kInternalPrefix)) return s3_;
  return virtual_bucket(head.headers.find("host").value_or(""), domains_) ? s3_ : admin_;
}

Exchange Dispatcher::begin(const wire::RequestHead& head) {
  return choose(head).begin(head);
}

Reply Dispatcher::refuse_head(const wire::RequestHead& head, int status, const Error& error) {
  return choose(head).refuse_head(head, status, error);
}

}  // namespace objstore::api
