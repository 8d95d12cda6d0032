#include "client/cli/table.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "client/cli/terminal.h"
#include "client/lib/printable.h"

namespace objstore::cli {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kGivesMin = 8;

}  // namespace

void Table::add(std::vector<std::string> row) {
  for (auto& cell : row) cell = client::printable(cell);
  rows_.push_back(std::move(row));
}

std::vector<std::size_t> Table::widths(std::size_t available, bool titles) const {
  std::vector<std::size_t> out(columns_.size(), 0);
  std::size_t total = 0;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (titles) out[i] = columns_of(columns_[i].name);
    for (const auto& row : rows_) out[i] = std::max(out[i], columns_of(row[i]));
    total += out[i] + (i == 0 ? 0 : kGap);
  }
  for (std::size_t i = 0; i < columns_.size() && total > available; ++i) {
    if (!columns_[i].gives || out[i] <= kGivesMin) continue;
    const std::size_t cut = std::min(total - available, out[i] - kGivesMin);
    out[i] -= cut;
    total -= cut;
  }
  return out;
}

void Table::print(Session& session) const {
  const auto width = output_width();
  const auto widths = this->widths(width.value_or(std::numeric_limits<std::size_t>::max()), width.has_value());
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string out;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string cell = shortened(cells[i], widths[i]);
      const std::string padding(widths[i] - columns_of(cell), ' ');
      if (i > 0) out += std::string(kGap, ' ');
      out += columns_[i].right ? padding + cell : i + 1 == columns_.size() ? cell : cell + padding;
    }
    session.print(out);
  };
  if (width && !rows_.empty()) {
    std::vector<std::string> titles;
    for (const auto& column : columns_) titles.push_back(column.name);
    line(titles);
  }
  for (const auto& row : rows_) line(row);
}

}  // namespace objstore::cli
