// What was given for the options, layer by layer, before it is one Config: flag > environment > file > default.
//
// A layer that says something about an option hides the layers below, also for an option that may be repeated. Values;
// one thread.
#pragma once

#include <objstore/error.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/app/config.h"

namespace objstore::app {

struct GivenValue {
  std::string text;
  std::string origin;  // "--listen", "OBJD_LISTEN", "objd.toml:3": what an error is reported with
};

// Option name -> its values.
using OptionLayer = std::map<std::string, std::vector<GivenValue>, std::less<>>;

// kMalformed with "name:line: " in front: not TOML, an unknown key, a value of the wrong type.
Result<OptionLayer> read_option_file(std::string_view text, std::string_view name);

using Environment = std::function<std::optional<std::string>(const std::string& name)>;
OptionLayer read_environment(const Environment& environment);

// Highest layer first. kInvalidArgument names the origin of the value that is wrong.
Result<Config> make_config(const std::vector<OptionLayer>& layers);

// Reads the file that the command line or the environment names, if any, and makes the Config of all three.
Result<Config> load_config(const OptionLayer& command_line, const Environment& environment);

}  // namespace objstore::app
