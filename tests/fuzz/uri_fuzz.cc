#include "common/base/check.h"
#include "common/wire/uri.h"
#include "tests/fuzz/fuzz.h"

using namespace objstore;
using namespace objstore::wire;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  CHECK(percent_decode(percent_encode(text)) == text);
  CHECK(percent_decode(percent_encode(text, Slash::kKeep)) == text);
  if (const auto decoded = percent_decode(text)) {
    CHECK(decoded->size() <= text.size());
    CHECK(percent_decode(percent_encode(*decoded)) == *decoded);
  }
  if (const auto query = QueryParams::parse(text)) {
    QueryBuilder again;
    for (const QueryParam& param : *query) again.add(param.name, param.value);
    const auto parsed = QueryParams::parse(again.str());
    CHECK(parsed && parsed->size() == query->size());
    for (const QueryParam& param : *query) CHECK(parsed->find(param.name) == query->find(param.name));
  }
  return 0;
}
