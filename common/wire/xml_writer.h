// Writes XML documents: a small escaping writer. One thread at a time.
//
// Whatever the text holds, the document is well-formed XML 1.0: what cannot be written in it at all (most control
// characters, U+FFFE, broken UTF-8) becomes U+FFFD. Listings with such keys use encoding-type=url.
#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace objstore::wire {

inline constexpr std::string_view kS3Namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

class XmlWriter {
 public:
  using Attributes = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // Starts the document with its declaration and root. xmlns: empty for none.
  explicit XmlWriter(std::string_view root, std::string_view xmlns = {});
  // Names are constants of the program and not checked.
  XmlWriter& open(std::string_view name, Attributes attributes = {});
  XmlWriter& close();  // CHECKs that there is something to close below the root
  XmlWriter& element(std::string_view name, std::string_view text);
  XmlWriter& element(std::string_view name, const char* text) { return element(name, std::string_view(text)); }
  // The text in quotation marks, as ETags stand.
  XmlWriter& quoted(std::string_view name, std::string_view text);
  // A number in decimal digits; a bool as "true" or "false".
  template <std::integral T>
  XmlWriter& element(std::string_view name, T value) {
    if constexpr (std::same_as<T, bool>) {
      return element(name, std::string_view(value ? "true" : "false"));
    } else {
      return element(name, std::string_view(std::to_string(value)));
    }
  }
  // Closes what is open and gives the document.
  std::string finish() &&;

 private:
  XmlWriter& put(std::string_view name, std::string_view quote, std::string_view text);

  std::string text_;
  std::vector<std::string> open_;
};

// As the writer escapes text; also good for attribute values.
std::string xml_escape(std::string_view text);

}  // namespace objstore::wire
