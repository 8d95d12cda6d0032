// The one table of options: command line, file, environment, --help and the checks all come from it, so that they
// cannot diverge. Constant; any thread.
#pragma once

#include <objstore/error.h>

#include <span>
#include <string>
#include <string_view>

#include "server/app/config.h"

namespace objstore::app {

struct Option {
  std::string_view name;      // "tls-cert": --tls-cert, tls_cert in the file, OBJD_TLS_CERT in the environment
  std::string_view value;     // what --help shows for it; empty: a switch
  std::string_view fallback;  // what holds when it is not given, for --help
  std::string_view help;
  bool repeatable = false;  // may be given several times; a comma separates in the environment
  bool in_file = true;
  Status (*set)(Config&, const std::string& text);  // appends when repeatable; kInvalidArgument says what is expected

  bool is_switch() const noexcept { return value.empty(); }
  std::string file_key() const;     // "tls_cert"
  std::string environment() const;  // "OBJD_TLS_CERT"
};

std::span<const Option> options();
const Option* find_option(std::string_view name);

// ---- The values that options take; also used by tests. kInvalidArgument says what is expected.

// "HOST:PORT", "[v6]:PORT", ":PORT" (every address), each with "http://" or "https://" in front if it must not follow
// the certificate.
Result<Listen> parse_listen(std::string_view text);
// A number with B, KiB, MiB, GiB, TiB, KB, MB, GB, TB behind it, or none for bytes.
Result<std::uint64_t> parse_bytes(std::string_view text);
// true, false, yes, no, on, off, 1, 0.
Result<bool> parse_switch(std::string_view text);

}  // namespace objstore::app
