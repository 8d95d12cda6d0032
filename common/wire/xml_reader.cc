#include "common/wire/xml_reader.h"

#include <algorithm>
#include <pugixml.hpp>

#include "common/wire/xml_guard.h"

namespace objstore::wire {
namespace {

// White space alone is kept where it is all that an element has: "<Key> </Key>" is a key.
constexpr unsigned kParseFlags = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol |
                                 pugi::parse_wconv_attribute | pugi::parse_ws_pcdata_single;

std::string_view local_name(std::string_view name) {
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

bool read_attributes(const pugi::xml_node& node, XmlElement& out) {
  for (const pugi::xml_attribute& attribute : node.attributes()) {
    const std::string_view name = attribute.name();
    if (std::ranges::any_of(out.attributes, [&](const auto& known) { return known.first == name; })) return false;
    out.attributes.emplace_back(name, attribute.value());
  }
  return true;
}

// Recursion is bounded: depth_left has been checked against the document already, and is again here.
bool read_element(const pugi::xml_node& node, std::size_t depth_left, XmlElement& out) {
  if (depth_left == 0) return false;
  out.name = local_name(node.name());
  if (out.name.empty() || !read_attributes(node, out)) return false;
  for (const pugi::xml_node& child : node.children()) {
    const pugi::xml_node_type type = child.type();
    if (type == pugi::node_element) {
      out.children.emplace_back();
      if (!read_element(child, depth_left - 1, out.children.back())) return false;
    } else if (type == pugi::node_pcdata || type == pugi::node_cdata) {
      out.text += child.value();
    }
  }
  return true;
}

}  // namespace

const XmlElement* XmlElement::child(std::string_view child_name) const noexcept {
  const auto found = std::ranges::find(children, child_name, &XmlElement::name);
  return found == children.end() ? nullptr : &*found;
}

std::string_view XmlElement::child_text(std::string_view child_name) const noexcept {
  const XmlElement* const found = child(child_name);
  return found == nullptr ? std::string_view() : std::string_view(found->text);
}

std::size_t XmlElement::count(std::string_view child_name) const noexcept {
  return static_cast<std::size_t>(std::ranges::count(children, child_name, &XmlElement::name));
}

Result<XmlElement> parse_xml(std::string_view document, const XmlLimits& limits) {
  OBJSTORE_TRY(guard_xml(document, limits));
  pugi::xml_document parsed;
  const pugi::xml_parse_result result =
      parsed.load_buffer(document.data(), document.size(), kParseFlags, pugi::encoding_utf8);
  if (!result) return fail(Errc::kMalformed, result.description());
  XmlElement root;
  if (!read_element(parsed.document_element(), limits.depth_max, root))
    return fail(Errc::kMalformed, "the document is malformed");
  return root;
}

}  // namespace objstore::wire
