// The strict head check: whatever is accepted has one reading, and it does not matter in which pieces it came.
#include "common/base/check.h"
#include "server/http/head_check.h"
#include "tests/fuzz/fuzz.h"

using namespace objstore;
using namespace objstore::http;

namespace {

void check_accepted(std::string_view raw, const CheckedHead& checked) {
  const wire::RequestHead& head = checked.head;
  CHECK(!(head.chunked && head.content_length));
  CHECK(head.headers.count("host") <= 1 && head.headers.count("content-length") <= 1);
  CHECK(head.headers.count("transfer-encoding") == (head.chunked ? 1U : 0U));
  CHECK(head.target.starts_with('/') && head.path.starts_with('/'));
  bool first_line = true;
  bool in_value = false;  // of a field: there alone may be bytes beyond ASCII
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const bool obs_text = in_value && static_cast<unsigned char>(raw[i]) >= 0x80;
    first_line = first_line && raw[i] != '\n';
    in_value = raw[i] != '\n' && (in_value || (!first_line && raw[i] == ':'));
    CHECK(raw[i] != '\n' || raw[i - 1] == '\r');
    CHECK(raw[i] != '\r' || raw[i + 1] == '\n');
    CHECK(raw[i] == '\r' || raw[i] == '\n' || raw[i] == '\t' || (raw[i] >= 0x20 && raw[i] <= 0x7e) || obs_text);
    CHECK(i < 2 || raw[i - 1] != '\n' || (raw[i] != ' ' && raw[i] != '\t'));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const HeadLimits limits;
  HeadScanner whole(limits);
  const HeadScanner::State state = whole.feed(text);
  HeadScanner pieces(limits);
  HeadScanner::State last = HeadScanner::State::kIncomplete;
  for (std::size_t given = 1; given <= size && last == HeadScanner::State::kIncomplete; ++given) {
    last = pieces.feed(text.substr(0, given));
  }
  CHECK(size == 0 || last == state);
  if (state != HeadScanner::State::kComplete) return 0;
  CHECK(pieces.length() == whole.length() && whole.length() <= size);
  const std::string_view raw = text.substr(0, whole.length());
  CheckedHead checked;
  if (!check_head(raw, limits, checked)) check_accepted(raw, checked);
  return 0;
}
