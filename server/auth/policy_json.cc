#include "server/auth/policy_json.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>

namespace objstore::auth {
namespace {

namespace json = boost::json;

// Builds the tree from the parser's events. `open_` points into the tree along the path to where values go; a container
// gets no further sibling while it is open, so the pointers stay good.
class TreeBuilder {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  using error_code = json::error_code;

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code& error) { return begin(JsonValue::Kind::kObject, error); }
  bool on_object_end(std::size_t, error_code&) { return end(); }
  bool on_array_begin(error_code& error) { return begin(JsonValue::Kind::kArray, error); }
  bool on_array_end(std::size_t, error_code&) { return end(); }
  bool on_key_part(json::string_view piece, std::size_t, error_code&) { return append(piece); }
  bool on_key(json::string_view piece, std::size_t, error_code& error) {
    append(piece);
    if (open_.back()->find(text_) != nullptr) {
      repeated_ = text_;
      error = json::error::syntax;
      return false;
    }
    open_.back()->members.emplace_back().name = std::exchange(text_, {});
    return true;
  }
  bool on_string_part(json::string_view piece, std::size_t, error_code&) { return append(piece); }
  bool on_string(json::string_view piece, std::size_t, error_code&) {
    append(piece);
    return leaf(JsonValue::Kind::kString);
  }
  bool on_number_part(json::string_view piece, error_code&) { return append(piece); }
  bool on_int64(std::int64_t, json::string_view piece, error_code&) { return number(piece); }
  bool on_uint64(std::uint64_t, json::string_view piece, error_code&) { return number(piece); }
  bool on_double(double, json::string_view piece, error_code&) { return number(piece); }
  bool on_bool(bool value, error_code&) {
    text_ = value ? "true" : "false";
    return leaf(JsonValue::Kind::kBool);
  }
  bool on_null(error_code&) { return leaf(JsonValue::Kind::kNull); }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }

  JsonValue take() { return std::move(root_); }
  const std::string& repeated() const { return repeated_; }

 private:
  JsonValue& place() {
    if (open_.empty()) return root_;
    JsonValue& parent = *open_.back();
    return parent.kind == JsonValue::Kind::kArray ? parent.elements.emplace_back() : parent.members.back();
  }
  bool begin(JsonValue::Kind kind, error_code&) {
    JsonValue& value = place();
    value.kind = kind;
    open_.push_back(&value);
    return true;
  }
  bool end() {
    open_.pop_back();
    return true;
  }
  bool append(json::string_view piece) {
    text_.append(piece.data(), piece.size());
    return true;
  }
  bool number(json::string_view piece) {
    append(piece);
    return leaf(JsonValue::Kind::kNumber);
  }
  bool leaf(JsonValue::Kind kind) {
    JsonValue& value = place();
    value.kind = kind;
    value.text = std::exchange(text_, {});
    return true;
  }

  JsonValue root_;
  std::vector<JsonValue*> open_;
  std::string text_;  // of the key, string or number that is being read
  std::string repeated_;
};

}  // namespace

const JsonValue* JsonValue::find(std::string_view member) const noexcept {
  const auto it = std::ranges::find(members, member, &JsonValue::name);
  return it == members.end() ? nullptr : &*it;
}

Result<JsonValue> parse_policy_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = kPolicyDepthMax;
  json::basic_parser<TreeBuilder> parser(options);
  json::error_code error;
  try {
    const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
    if (!parser.handler().repeated().empty())
      return fail(Errc::kMalformed, "Duplicate element: " + parser.handler().repeated());
    if (error || !parser.done() || text.find_first_not_of(" \t\r\n", used) != std::string_view::npos)
      return fail(Errc::kMalformed, "Policies must be valid JSON and the first byte must be '{'");
  } catch (const std::exception&) {
    return fail(Errc::kMalformed, "Policies must be valid JSON and the first byte must be '{'");
  }
  return parser.handler().take();
}

}  // namespace objstore::auth
