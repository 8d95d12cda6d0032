// How a line of the log is put together: pure functions, apart from log.cc so that they are tested without a sink.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "common/base/log.h"

namespace objstore::log {

// `message name=value name="value with spaces"`.
std::string format_text(std::string_view message, std::initializer_list<Field> fields);
// `"message":"...","name":"value"`: the members without the braces, so that time and level can go before them.
std::string format_json(std::string_view message, std::initializer_list<Field> fields);

}  // namespace objstore::log
