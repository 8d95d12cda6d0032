// Reads XML documents that come from outside: bounded, and without the parts of XML that are dangerous. Values; any
// thread.
#pragma once

#include <objstore/error.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace objstore::wire {

struct XmlElement {
  std::string name;  // without a namespace prefix
  std::string text;  // its own text and CDATA, put together; white space alone counts only where no children are
  std::vector<std::pair<std::string, std::string>> attributes;  // names as written: "xsi:type"
  std::vector<XmlElement> children;

  // The first child of that name; null when there is none. Valid while this element is.
  const XmlElement* child(std::string_view child_name) const noexcept;
  // The first child's text; empty when there is none.
  std::string_view child_text(std::string_view child_name) const noexcept;
  std::size_t count(std::string_view child_name) const noexcept;
};

struct XmlLimits {
  std::size_t bytes_max = std::size_t{1} << 20;
  std::size_t depth_max = 32;
  std::size_t nodes_max = 100'000;  // elements and attributes
};

// The root. kTooLarge above bytes_max; kMalformed for everything else: not well-formed, not UTF-8, NUL or a byte order
// mark, a DOCTYPE, a processing instruction, an entity other than the five predefined, over depth_max or nodes_max.
Result<XmlElement> parse_xml(std::string_view document, const XmlLimits& limits = {});

}  // namespace objstore::wire
