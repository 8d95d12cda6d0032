// AWS's shared files, endpoints, and names on the command line.
#include "client/lib/endpoint.h"
#include "client/lib/printable.h"
#include "client/lib/profile_file.h"
#include "common/base/check.h"
#include "tests/fuzz/fuzz.h"

using namespace objstore;
using namespace objstore::client;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  if (const auto file = parse_profile_file(text)) {
    for (const auto& [name, section] : *file) {
      for (const auto& [key, value] : section) CHECK(!key.empty() && !value.contains('\n'));
    }
  }
  if (const auto endpoint = Endpoint::parse(text)) {
    // What goes into a request's head can neither end a line nor be another endpoint when it is read again.
    CHECK(endpoint->authority().find_first_of("\r\n /@") == std::string::npos);
    const auto again = Endpoint::parse(endpoint->url());
    CHECK(again && again->authority() == endpoint->authority() && again->secure == endpoint->secure);
  }
  const std::string shown = printable(text);
  CHECK(shown.find_first_of("\x1b\r\n\x7f") == std::string::npos);
  CHECK(printable(shown) == shown);
  return 0;
}
