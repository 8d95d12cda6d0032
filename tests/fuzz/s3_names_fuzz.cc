// What a request to S3 names: lines of a method, a host and a target for the router, then one value that is read as a
// copy source, as tags, as a content encoding and as a page token.
#include <string>
#include <vector>

#include "common/base/check.h"
#include "common/base/utf8.h"
#include "common/wire/uri.h"
#include "server/api/s3/attributes.h"
#include "server/api/s3/copy_source.h"
#include "server/api/s3/route.h"
#include "server/api/virtual_host.h"
#include "tests/fuzz/fuzz.h"

using namespace objstore;
using namespace objstore::s3;

namespace {

const std::vector<std::string> kDomains = {"example.com", "s3.example.com"};

bool is_clean(std::string_view name) {
  return !name.contains('\0') && is_valid_utf8(name);
}

void check_route(std::string_view method, std::string_view host, std::string_view target) {
  wire::RequestHead head;
  head.method = method;
  head.target = target;
  head.path = target.substr(0, target.find('?'));
  head.query = target.contains('?') ? target.substr(target.find('?') + 1) : std::string_view();
  head.headers.add("Host", host);
  if (method.starts_with("COPY")) head.headers.add("x-amz-copy-source", "bucket/key");
  if (head.method.starts_with("COPY")) head.method = "PUT";
  const auto routed = route(head, kDomains);
  if (!routed) return;
  CHECK(!operation_name(routed->endpoint).empty() && iam_action(routed->endpoint).starts_with("s3:"));
  CHECK(routed->bucket || !routed->key);
  if (routed->bucket) CHECK(BucketName::parse(routed->bucket->str()));
  if (routed->key) CHECK(is_clean(routed->key->str()) && ObjectKey::parse(routed->key->str()));
  for (const wire::QueryParam& param : routed->params) CHECK(is_clean(param.name) && is_clean(param.value));
}

void check_copy_source(std::string_view value) {
  const auto source = parse_copy_source(value);
  if (!source) return;
  CHECK(is_clean(source->key.str()));
  // Whatever way it was written, its one full spelling names the same.
  const auto again = parse_copy_source("/" + source->bucket.str() + "/" + wire::percent_encode(source->key.str()));
  CHECK(again && again->bucket.str() == source->bucket.str() && again->key.str() == source->key.str());
}

void check_tagging(std::string_view value) {
  const auto tags = read_tagging(value);
  if (!tags) return;
  CHECK(tags->size() <= kTagsMax);
  wire::QueryBuilder text;
  for (const auto& [name, tag] : *tags) text.add(name, tag);
  const auto again = read_tagging(text.str());
  CHECK(again && *again == *tags);
}

void check_encoding(std::string_view value) {
  const std::string kept = stored_content_encoding(value);
  CHECK(kept.size() <= 2 * value.size() && stored_content_encoding(kept) == kept);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::text_of(data, size);
  const std::string_view method = fuzz::take_line(text);
  const std::string_view host = fuzz::take_line(text);
  check_route(method, host, fuzz::take_line(text));
  check_copy_source(text);
  check_tagging(text);
  check_encoding(text);
  return 0;
}
