// What the reports of checks have in common: owners of damaged bytes in JSON and in words. Pure functions, any thread.
#pragma once

#include <string>

#include "server/storage/check_findings.h"

namespace boost::json {
class object;
}

namespace objstore::app {

// JSON is UTF-8, and a damaged row may hold anything: what is not UTF-8 is escaped.
std::string json_text(const std::string& text);
boost::json::object owner_json(const storage::Owner& owner);
// Of a document with "owners" and "owners_count": a line for each. Throws what Boost.JSON does for another document.
std::string owners_text(const boost::json::object& document);

}  // namespace objstore::app
