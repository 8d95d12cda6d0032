#include "client/lib/profile_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "common/base/bytes.h"

namespace objstore::client {
namespace {

class Parser {
 public:
  Status line(std::string_view text, std::size_t number);
  ProfileFile take() { return std::move(file_); }

 private:
  static std::unexpected<Error> bad(std::size_t number, std::string_view what) {
    return fail(Errc::kMalformed, "line " + std::to_string(number) + ": " + std::string(what));
  }
  Status section(std::string_view text, std::size_t number);

  ProfileFile file_;
  ProfileSection* section_ = nullptr;
  std::string parent_;  // name of the last value that was empty: indented lines belong to it
};

// A comment starts a line or follows white space, as in botocore: a '#' inside a secret is part of it.
std::string_view without_comment(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    const bool space_before = text[i - 1] == ' ' || text[i - 1] == '\t';
    if (space_before && (text[i] == '#' || text[i] == ';')) return text.substr(0, i);
  }
  return text;
}

std::string single_spaced(std::string_view text) {
  std::string out;
  for (const char c : trim(text)) {
    const bool space = c == ' ' || c == '\t';
    if (space && out.ends_with(' ')) continue;
    out += space ? ' ' : c;
  }
  return out;
}

Status Parser::section(std::string_view text, std::size_t number) {
  const auto end = text.find(']');
  if (end == std::string_view::npos) return bad(number, "a section without its ']'");
  section_ = &file_[single_spaced(text.substr(1, end - 1))];
  parent_.clear();
  return {};
}

Status Parser::line(std::string_view text, std::size_t number) {
  if (text.ends_with('\r')) text.remove_suffix(1);
  const bool indented = text.starts_with(' ') || text.starts_with('\t');
  const std::string_view content = trim(text);
  if (content.empty() || content.front() == '#' || content.front() == ';') return {};
  if (content.front() == '[' && !indented) return section(content, number);
  const auto equals = content.find('=');
  if (equals == std::string_view::npos || equals == 0) return bad(number, "neither [section] nor name = value");
  if (section_ == nullptr) return bad(number, "a value before the first [section]");
  std::string name = to_lower(trim(content.substr(0, equals)));
  const std::string value(trim(without_comment(content.substr(equals + 1))));
  if (indented && !parent_.empty()) {
    (*section_)[parent_ + "." + name] = value;
    return {};
  }
  parent_ = value.empty() ? name : std::string();
  (*section_)[std::move(name)] = value;
  return {};
}

}  // namespace

Result<ProfileFile> parse_profile_file(std::string_view text) {
  if (text.size() > kProfileFileBytesMax) return fail(Errc::kTooLarge, "larger than 1 MiB");
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Parser parser;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    OBJSTORE_TRY(parser.line(text.substr(0, end), number));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return parser.take();
}

Result<ProfileFile> read_profile_file(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    if (errno == ENOENT || errno == ENOTDIR) return ProfileFile{};
    return fail(Errc::kIo, "cannot read " + path + ": " + std::strerror(errno));
  }
  std::string text(kProfileFileBytesMax + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return fail(Errc::kIo, "cannot read " + path);
  text.resize(static_cast<std::size_t>(in.gcount()));
  auto parsed = parse_profile_file(text);
  if (!parsed) return fail(parsed.error().code, "cannot read " + path + ": " + parsed.error().message);
  return parsed;
}

}  // namespace objstore::client
