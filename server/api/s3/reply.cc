#include "server/api/s3/reply.h"

#include "server/api/s3/access.h"

namespace objstore::s3 {
namespace {

api::Reply bare_reply(const wire::RequestHead& head, const FrontOptions& options, int status) {
  api::Reply reply;
  reply.status = status;
  reply.headers.add("x-amz-request-id", head.request_id);
  reply.headers.add("x-amz-id-2", options.host_id);
  reply.headers.add("Server", "Objstore");
  // An object that is opened in a browser must not be taken for a page of this origin by its content.
  reply.headers.add("X-Content-Type-Options", "nosniff");
  return reply;
}

api::AccessRecord access_of(const Route& route) {
  api::AccessRecord access;
  access.action = operation_name(route.endpoint);
  if (route.bucket) access.bucket = route.bucket->str();
  if (route.key) access.key = route.key->str();
  access.version = route.params.find("versionId").value_or("");
  return access;
}

api::AccessRecord access_of(const Call& call) {
  api::AccessRecord access = access_of(call.route);
  access.account = call.auth.principal.account_id;
  access.principal = call.auth.principal.user_id;
  access.access_key = call.auth.principal.access_key;
  return access;
}

}  // namespace

api::Reply empty_reply(const Call& call, int status) {
  api::Reply reply = bare_reply(call.head, call.options, status);
  reply.access = access_of(call);
  return reply;
}

api::Reply xml_reply(const Call& call, int status, std::string document) {
  api::Reply reply = empty_reply(call, status);
  reply.headers.add("Content-Type", "application/xml");
  reply.body = std::move(document);
  return reply;
}

api::Reply failure_reply(const wire::RequestHead& head, const FrontOptions& options, const Failure& failure) {
  const CodeFacts& known = facts(failure.code);
  api::Reply reply = bare_reply(head, options, known.status);
  reply.access.error = known.name;
  for (const auto& [name, value] : failure.headers) reply.headers.add(name, value);
  if (known.status == 503) reply.headers.add("Retry-After", "1");
  if (head.method == "HEAD" || known.status == 304) return reply;
  reply.headers.add("Content-Type", "application/xml");
  reply.body = error_document(failure, head.path, head.request_id, options.host_id);
  return reply;
}

api::Reply failure_reply(const wire::RequestHead& head, const FrontOptions& options, const Route& route,
                         const Failure& failure) {
  api::Reply reply = failure_reply(head, options, failure);
  std::string error = std::move(reply.access.error);
  reply.access = access_of(route);
  reply.access.error = std::move(error);
  return reply;
}

api::Reply failure_reply(const Call& call, const Failure& failure) {
  // Whether a key exists is told to those who could list it. The source of a copy has been looked at by then.
  const bool copies = call.route.endpoint == Endpoint::kCopyObject || call.route.endpoint == Endpoint::kUploadPartCopy;
  const bool hides = call.bucket_info && !copies;
  const std::string_view key = call.route.key ? std::string_view(call.key().str()) : std::string_view();
  api::Reply reply = failure_reply(
      call.head, call.options,
      hides ? as_told(call, call.bucket_info->name, key, call.bucket_info->owner_account, failure) : failure);
  std::string error = std::move(reply.access.error);
  reply.access = access_of(call);
  reply.access.error = std::move(error);
  return reply;
}

}  // namespace objstore::s3
