#include <algorithm>

#include "common/base/check.h"
#include "common/wire/xml_reader.h"
#include "common/wire/xml_writer.h"
#include "tests/fuzz/fuzz.h"

using namespace objstore;
using namespace objstore::wire;

namespace {

constexpr std::size_t kDepthMax = 8;

std::size_t depth_of(const XmlElement& element) {
  std::size_t deepest = 0;
  for (const XmlElement& child : element.children) deepest = std::max(deepest, depth_of(child));
  return deepest + 1;
}

void check_text_survives(std::string_view text) {
  XmlWriter writer("R");
  writer.element("T", text);
  const auto parsed = parse_xml(std::move(writer).finish());
  CHECK(parsed.has_value());
  CHECK(xml_escape(parsed->child_text("T")) == xml_escape(text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  if (const auto root = parse_xml(text, {.bytes_max = 1 << 16, .depth_max = kDepthMax, .nodes_max = 200})) {
    CHECK(depth_of(*root) <= kDepthMax);
    CHECK(is_valid_utf8(root->text));
    check_text_survives(root->text);
  }
  check_text_survives(text);
  return 0;
}
