// Lines: an Authorization header, a query, a path, then headers.
#include <algorithm>

#include "common/base/check.h"
#include "common/wire/sigv4.h"
#include "common/wire/uri.h"
#include "tests/fuzz/fuzz.h"

using namespace objstore;
using namespace objstore::wire;

namespace {

void check_authorization(const Authorization& parsed) {
  CHECK(!parsed.credential.access_key.empty() && parsed.credential.scope.date.size() == 8);
  CHECK(std::ranges::is_sorted(parsed.signed_headers));
  CHECK(std::ranges::binary_search(parsed.signed_headers, "host"));
  CHECK(signature_equals(to_lower(parsed.signature), parsed.signature));
}

Headers read_headers(std::string_view text) {
  Headers headers;
  while (!text.empty()) {
    const std::string_view line = fuzz::take_line(text);
    const std::size_t colon = line.find(':');
    headers.add(line.substr(0, colon), colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1));
  }
  return headers;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::text_of(data, size);
  const std::string_view value = fuzz::take_line(text);
  const std::string_view query = fuzz::take_line(text);
  const std::string_view path = fuzz::take_line(text);
  const Headers headers = read_headers(text);
  std::vector<std::string> names = {"host"};
  if (const auto parsed = parse_authorization(value)) {
    check_authorization(*parsed);
    names = parsed->signed_headers;
  }
  if (const auto params = QueryParams::parse(query)) {
    if (const auto parsed = parse_presigned(*params)) check_authorization(parsed->authorization);
    is_presigned(*params);
  }
  const auto canonical = canonical_request({"GET", path, query, headers, names, kUnsignedPayload});
  if (canonical) {
    // The canonical path and query are their own canonical forms.
    std::string_view rest = *canonical;
    fuzz::take_line(rest);
    const std::string again_path(fuzz::take_line(rest));
    const std::string again_query(fuzz::take_line(rest));
    CHECK(canonical_request({"GET", again_path, again_query, headers, names, kUnsignedPayload}) == *canonical);
  }
  unsigned_amz_headers(headers, names);
  parse_payload_form(value);
  return 0;
}
