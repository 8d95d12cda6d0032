#include "client/pipeline/gocache_message.h"

#include <boost/json.hpp>

#include "common/base/bytes.h"

namespace objstore::client {
namespace {

namespace json = boost::json;

std::unexpected<Error> malformed(const char* what) {
  return fail(Errc::kMalformed, std::string("the go command sent what is no request: ") + what);
}

std::string_view view(const json::string& text) {
  return {text.data(), text.size()};
}

// Absent: empty.
Result<std::string> read_bytes(const json::object& from, const char* name) {
  const json::value* value = from.if_contains(name);
  if (value == nullptr || value->is_null()) return std::string();
  if (!value->is_string()) return malformed(name);
  auto raw = from_base64(view(value->get_string()));
  if (!raw) return malformed(name);
  return std::move(*raw);
}

}  // namespace

Result<GoCacheRequest> read_go_cache_request(std::string_view line) {
  boost::system::error_code ec;
  const json::value value = json::parse(json::string_view(line.data(), line.size()), ec);
  if (ec || !value.is_object()) return malformed("no JSON object");
  const json::object& object = value.get_object();
  GoCacheRequest out;
  const json::value* id = object.if_contains("ID");
  const json::value* command = object.if_contains("Command");
  if (id == nullptr || !id->is_int64()) return malformed("no ID");
  if (command == nullptr || !command->is_string()) return malformed("no command");
  out.id = id->get_int64();
  out.command = view(command->get_string());
  OBJSTORE_ASSIGN(out.action, read_bytes(object, "ActionID"));
  OBJSTORE_ASSIGN(out.output, read_bytes(object, "OutputID"));
  if (const json::value* size = object.if_contains("BodySize")) {
    if (!size->is_int64() || size->get_int64() < 0) return malformed("BodySize");
    out.body_size = static_cast<std::uint64_t>(size->get_int64());
  }
  return out;
}

Result<std::string> read_go_cache_body(std::string_view line, std::uint64_t size) {
  if (line.size() < 2 || line.front() != '"' || line.back() != '"') return malformed("a body that is no string");
  auto raw = from_base64(line.substr(1, line.size() - 2));
  if (!raw || raw->size() != size) return malformed("a body of another length");
  return std::move(*raw);
}

std::string write_go_cache_answer(const GoCacheAnswer& answer) {
  json::object out;
  out["ID"] = answer.id;
  if (!answer.error.empty()) out["Err"] = answer.error;
  if (answer.miss) out["Miss"] = true;
  if (!answer.output.empty()) out["OutputID"] = to_base64(as_bytes(answer.output));
  if (answer.size > 0) out["Size"] = answer.size;
  if (!answer.path.empty()) out["DiskPath"] = answer.path;
  return json::serialize(out) + "\n";
}

std::string go_cache_greeting() {
  return json::serialize(json::object{{"ID", 0}, {"KnownCommands", {"get", "put", "close"}}}) + "\n";
}

}  // namespace objstore::client
