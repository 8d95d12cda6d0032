// Rows with columns that line up and, on a terminal, fit its width. One thread at a time.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "client/cli/session.h"

namespace objstore::cli {

class Table {
 public:
  struct Column {
    std::string name;
    bool right = false;  // numbers
    bool gives = false;  // is shortened when the row is wider than the terminal
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  // Text of others is made harmless here.
  void add(std::vector<std::string> row);
  // With the columns' names on a terminal; scripts get rows only.
  void print(Session& session) const;

 private:
  std::vector<std::size_t> widths(std::size_t available, bool titles) const;
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace objstore::cli
