// Reads over an XML document before a parser may: refuses what would be dangerous or too much. Pure; any thread.
#pragma once

#include <objstore/error.h>

#include <string_view>

#include "common/wire/xml_reader.h"

namespace objstore::wire {

// Success when the document is UTF-8 without control characters, has neither DOCTYPE nor processing instructions nor
// entities of its own, has one root, and is within the limits. Says nothing about names and attributes.
Status guard_xml(std::string_view document, const XmlLimits& limits);

}  // namespace objstore::wire
