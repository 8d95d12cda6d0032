// What reading S3's XML documents has in common. Pure functions; any thread.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "common/wire/xml_reader.h"

namespace objstore::client {

// kMalformed unless the document's root has one of these names.
Result<wire::XmlElement> read_root(std::string_view document, std::initializer_list<std::string_view> names);

// 0 for what is no time.
std::int64_t read_time(std::string_view text);

// Keys as a listing writes them: plain, or with EncodingType "url".
class KeyReader {
 public:
  explicit KeyReader(const wire::XmlElement& root) : encoded_(root.child_text("EncodingType") == "url") {}
  Result<std::string> read(std::string_view text) const;

 private:
  bool encoded_;
};

}  // namespace objstore::client
