#include "server/http/head_check.h"

#include <algorithm>
#include <array>
#include <limits>

#include "common/base/bytes.h"

namespace objstore::http {
namespace {

constexpr std::size_t kMethodBytesMax = 16;
constexpr std::size_t kVersionBytes = 8;  // "HTTP/1.1"
constexpr std::array<std::string_view, 7> kMethods = {"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"};

constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr std::array<bool, 256> kTokenTable = make_token_table();

HeadFault malformed(std::string message) {
  return {400, {Errc::kMalformed, std::move(message)}};
}
HeadFault unsupported(int status, std::string message) {
  return {status, {Errc::kUnsupported, std::move(message)}};
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token_char);
}

// A field value's bytes: printable ASCII, space, tab, and RFC 9110's obs-text (0x80 and above), in which clients send
// metadata. Nothing reads obs-text as anything but itself: Host and what says where a body ends are checked by the
// letter.
bool is_field_text(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= 0x20 && c <= 0x7e) || c == '\t' || static_cast<unsigned char>(c) >= 0x80; });
}

bool is_target_text(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c <= 0x7e && c != '#'; });
}

// A host as names, IPv4 and bracketed IPv6 are written, with an optional port. Narrower than RFC 3986 on purpose.
bool is_authority(std::string_view text) {
  const std::size_t host_end = text.starts_with('[') ? text.find(']') : text.find(':');
  if (text.starts_with('[') && host_end == std::string_view::npos) return false;
  const std::size_t end = text.starts_with('[') ? host_end + 1 : std::min(host_end, text.size());
  const std::string_view host = text.substr(0, end);
  const std::string_view rest = text.substr(end);
  const auto is_name_char = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' ||
           c == '_';
  };
  const auto is_address_char = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
  };
  const bool host_ok = host.starts_with('[')
                           ? host.size() > 2 && std::ranges::all_of(host.substr(1, host.size() - 2), is_address_char)
                           : !host.empty() && std::ranges::all_of(host, is_name_char);
  if (!host_ok || rest.empty()) return host_ok;
  const auto port = parse_u64(rest.substr(1));
  return port && *port <= std::numeric_limits<std::uint16_t>::max();
}

std::optional<HeadFault> check_version(std::string_view version) {
  if (version == "HTTP/1.1" || version == "HTTP/1.0") return std::nullopt;
  const bool shaped = version.size() == kVersionBytes && version.starts_with("HTTP/") && version[6] == '.';
  if (!shaped) return malformed("The request line has no HTTP version.");
  return unsupported(505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
}

std::optional<HeadFault> check_method(std::string_view method) {
  if (!is_token(method) || method.size() > kMethodBytesMax) return malformed("The method is not a token.");
  if (std::ranges::find(kMethods, method) != kMethods.end()) return std::nullopt;
  if (std::ranges::any_of(method, [](char c) { return c >= 'a' && c <= 'z'; })) {
    return malformed("Methods are written in upper case.");
  }
  return unsupported(501, "The method is not implemented.");
}

// The authority of an absolute-form target, which must equal Host; nothing for the origin form.
struct Target {
  std::string_view origin;
  std::optional<std::string_view> authority;
};

std::optional<Target> split_target(std::string_view target) {
  if (target.starts_with('/')) return Target{target, std::nullopt};
  const std::size_t scheme_end = target.find("://");
  if (scheme_end == std::string_view::npos) return std::nullopt;
  const std::string_view scheme = target.substr(0, scheme_end);
  if (!equals_ignore_case(scheme, "http") && !equals_ignore_case(scheme, "https")) return std::nullopt;
  const std::string_view rest = target.substr(scheme_end + 3);
  const std::size_t slash = rest.find('/');
  // A query without a path ("http://host?acl") has two readings; it is not worth telling them apart.
  if (slash == std::string_view::npos) {
    if (rest.find('?') != std::string_view::npos) return std::nullopt;
    return Target{"/", rest};
  }
  return Target{rest.substr(slash), rest.substr(0, slash)};
}

void set_target(wire::RequestHead& head, std::string_view origin) {
  head.target = origin;
  const std::size_t question = origin.find('?');
  head.path = origin.substr(0, question);
  head.query = question == std::string_view::npos ? std::string_view() : origin.substr(question + 1);
}

// What a head's fields say about framing, collected while they are parsed.
struct Framing {
  std::size_t hosts = 0;
  std::string_view host;
  std::size_t lengths = 0;
  std::string_view length;  // untrimmed
  std::size_t codings = 0;
  std::string_view coding;  // untrimmed
};

std::optional<HeadFault> check_field(std::string_view line, CheckedHead& out, Framing& framing) {
  if (line.front() == ' ' || line.front() == '\t') return malformed("A header line is folded.");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return malformed("A header line has no colon.");
  const std::string_view name = line.substr(0, colon);
  const std::string_view raw = line.substr(colon + 1);
  if (!is_token(name)) return malformed("A header name is not a token.");
  if (!is_field_text(raw)) return malformed("A header value holds a control character.");
  const std::string_view value = trim(raw);
  if (equals_ignore_case(name, "host")) {
    ++framing.hosts;
    framing.host = value;
  } else if (equals_ignore_case(name, "content-length")) {
    ++framing.lengths;
    framing.length = raw;
  } else if (equals_ignore_case(name, "transfer-encoding")) {
    ++framing.codings;
    framing.coding = raw;
  }
  out.head.headers.add(name, value);
  return std::nullopt;
}

// A framing value may have spaces around it, but no tab: some readers keep it and then see another value.
std::string_view without_spaces(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::optional<HeadFault> check_coding(const Framing& framing, bool http10) {
  if (framing.codings == 0) return std::nullopt;
  if (http10) return malformed("Transfer-Encoding has no meaning in HTTP/1.0.");
  if (framing.codings > 1) return malformed("There are several Transfer-Encoding headers.");
  if (framing.lengths > 0) return malformed("A request has either Content-Length or Transfer-Encoding.");
  const std::string_view value = without_spaces(framing.coding);
  if (equals_ignore_case(value, "chunked")) return std::nullopt;
  if (is_token(value)) return unsupported(501, "The transfer coding is not implemented.");
  return malformed("Transfer-Encoding may only be chunked, once.");
}

std::optional<HeadFault> check_length(const Framing& framing, wire::RequestHead& head) {
  if (framing.lengths == 0) return std::nullopt;
  if (framing.lengths > 1) return malformed("There are several Content-Length headers.");
  const std::string_view value = without_spaces(framing.length);
  const auto length = parse_u64(value);
  const bool canonical = value == "0" || !value.starts_with('0');
  if (!length || !canonical || *length > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return malformed("Content-Length is not a plain decimal number.");
  }
  head.content_length = length;
  return std::nullopt;
}

std::optional<HeadFault> check_host(const Framing& framing, std::optional<std::string_view> authority, bool http10) {
  if (framing.hosts > 1) return malformed("There are several Host headers.");
  // HTTP/1.0 knew no Host, and load balancers' health probes still speak it. Nothing signed comes without one.
  if (framing.hosts == 0 && http10 && !authority) return std::nullopt;
  if (framing.hosts == 0) return malformed("There is no Host header.");
  if (!is_authority(framing.host)) return malformed("The Host header is not a host with an optional port.");
  if (authority && !equals_ignore_case(*authority, framing.host)) {
    return malformed("The Host header differs from the request target.");
  }
  return std::nullopt;
}

bool wishes_close(const wire::Headers& headers) {
  for (const wire::Header& header : headers) {
    if (!equals_ignore_case(header.name, "connection")) continue;
    std::string_view rest = header.value;
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      if (equals_ignore_case(trim(rest.substr(0, comma)), "close")) return true;
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return false;
}

std::optional<HeadFault> check_expect(const wire::Headers& headers, bool http10, CheckedHead& out) {
  for (const wire::Header& header : headers) {
    if (!equals_ignore_case(header.name, "expect") || header.value.empty()) continue;  // an empty list expects nothing
    if (!equals_ignore_case(header.value, "100-continue")) {
      return unsupported(417, "The expectation cannot be met: only 100-continue is known.");
    }
    out.expects_continue = !http10;  // also of an empty body: see Connection::exchange
  }
  return std::nullopt;
}

std::optional<std::string_view> authority_of(std::string_view line) {
  const std::size_t space = line.find(' ');
  const auto target = split_target(line.substr(space + 1, line.rfind(' ') - space - 1));
  return target ? target->authority : std::nullopt;
}

}  // namespace

bool is_token_char(char c) noexcept {
  return kTokenTable[static_cast<unsigned char>(c)];
}

std::optional<HeadFault> check_request_line(std::string_view line, const HeadLimits& limits, CheckedHead& out) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return malformed("The request line has no HTTP version.");
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (auto fault = check_version(line.substr(last + 1))) return fault;
  if (auto fault = check_method(method)) return fault;
  out.head.method = method;
  if (target.size() > limits.target_bytes_max)
    return HeadFault{414, {Errc::kTooLarge, "The request target is too long."}};
  if (!is_target_text(target)) return malformed("The request target holds a byte that it may not hold.");
  const auto split = split_target(target);
  if (!split) return malformed("The request target is neither a path nor an absolute URL.");
  if (split->authority && !is_authority(*split->authority)) return malformed("The request target's host is malformed.");
  set_target(out.head, split->origin);
  return std::nullopt;
}

std::optional<HeadFault> check_head(std::string_view raw, const HeadLimits& limits, CheckedHead& out) {
  const std::size_t line_end = raw.find("\r\n");
  if (line_end == std::string_view::npos || !raw.ends_with("\r\n\r\n")) return malformed("The head is not complete.");
  const std::string_view request_line = raw.substr(0, line_end);
  if (auto fault = check_request_line(request_line, limits, out)) return fault;
  const bool http10 = request_line.ends_with("1.0");
  Framing framing;
  std::string_view rest = raw.substr(line_end + 2, raw.size() - line_end - 4);
  while (!rest.empty()) {
    const std::size_t end = rest.find("\r\n");
    if (end == 0 || end == std::string_view::npos) return malformed("The head holds an empty line.");
    if (auto fault = check_field(rest.substr(0, end), out, framing)) return fault;
    if (out.head.headers.size() > limits.fields_max)
      return HeadFault{431, {Errc::kTooLarge, "There are too many headers."}};
    rest.remove_prefix(end + 2);
  }
  if (auto fault = check_coding(framing, http10)) return fault;
  if (auto fault = check_length(framing, out.head)) return fault;
  if (auto fault = check_host(framing, authority_of(request_line), http10)) return fault;
  out.head.chunked = framing.codings == 1;
  out.keep_alive = !http10 && !wishes_close(out.head.headers);
  return check_expect(out.head.headers, http10, out);
}

HeadScanner::State HeadScanner::refuse(HeadFault fault) {
  fault_ = std::move(fault);
  return State::kRefused;
}

std::optional<HeadFault> HeadScanner::line_fault(std::string_view bytes, std::size_t newline) {
  if (newline == 0 || bytes[newline - 1] != '\r') return malformed("A line ends with a bare line feed.");
  const std::string_view line = bytes.substr(line_start_, newline - 1 - line_start_);
  if (section_start_ == 0) {
    if (line.size() > limits_.target_bytes_max + kMethodBytesMax + kVersionBytes + 2) {
      return HeadFault{414, {Errc::kTooLarge, "The request target is too long."}};
    }
    section_start_ = newline + 1;
    CheckedHead ignored;
    return check_request_line(line, limits_, ignored);
  }
  if (!line.empty() && ++fields_ > limits_.fields_max)
    return HeadFault{431, {Errc::kTooLarge, "There are too many headers."}};
  return std::nullopt;
}

std::optional<HeadFault> HeadScanner::size_fault(std::size_t size) const {
  if (section_start_ == 0) {
    if (size <= limits_.target_bytes_max + kMethodBytesMax + kVersionBytes + 4) return std::nullopt;
    return HeadFault{414, {Errc::kTooLarge, "The request target is too long."}};
  }
  if (size - section_start_ <= limits_.section_bytes_max) return std::nullopt;
  return HeadFault{431, {Errc::kTooLarge, "The header section is too large."}};
}

HeadScanner::State HeadScanner::feed(std::string_view bytes) {
  if (!bytes.empty() && !is_token_char(bytes.front())) return refuse(malformed("This is not an HTTP request."));
  for (;;) {
    const std::size_t newline = bytes.find('\n', scanned_);
    const std::size_t seen = newline == std::string_view::npos ? bytes.size() : newline + 1;
    if (newline == std::string_view::npos) {
      scanned_ = seen;
      if (auto fault = size_fault(seen)) return refuse(std::move(*fault));
      return State::kIncomplete;
    }
    const bool in_section = section_start_ != 0;
    if (auto fault = line_fault(bytes, newline)) return refuse(std::move(*fault));
    if (auto fault = size_fault(seen)) return refuse(std::move(*fault));
    const bool is_empty = newline - line_start_ == 1;
    scanned_ = line_start_ = seen;
    if (in_section && is_empty) {
      length_ = seen;
      return State::kComplete;
    }
  }
}

}  // namespace objstore::http
