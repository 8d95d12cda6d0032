// One JSON object as one line of text. One thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace objstore::cli {

class JsonLine {
 public:
  JsonLine();
  JsonLine(JsonLine&&) noexcept;
  JsonLine& operator=(JsonLine&&) noexcept;
  ~JsonLine();
  // Members in the order of adding. Text that is not UTF-8 (a file's name) has U+FFFD where it is not.
  JsonLine& add(std::string_view name, std::string_view value);
  JsonLine& add(std::string_view name, const char* value) { return add(name, std::string_view(value)); }
  JsonLine& add(std::string_view name, std::uint64_t value);
  JsonLine& add(std::string_view name, bool value);
  JsonLine& add(std::string_view name, const std::map<std::string, std::string>& values);
  // "2013-05-24T00:00:00.000Z"
  JsonLine& add_time(std::string_view name, std::int64_t unix_ms);
  std::string str() const;  // without a line feed

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace objstore::cli
