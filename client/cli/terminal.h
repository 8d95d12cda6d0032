// What a terminal can do, and text that fits it. Pure but for the questions to the terminal; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace objstore::cli {

// Whether standard error is a terminal that can move its cursor.
bool terminal_for_progress() noexcept;
// Whether that stream is a terminal that takes colours and NO_COLOR is not set. https://no-color.org
bool terminal_for_colours(int fd) noexcept;
// Columns of standard error's terminal; 80 when it does not say.
std::size_t terminal_width() noexcept;
// Columns of standard output's terminal; nothing when it is none: then nobody wants text to be cut.
std::optional<std::size_t> output_width() noexcept;

// How many columns a text takes: wide characters two, combining ones none.
std::size_t columns_of(std::string_view text) noexcept;
// The text, or its start and its end with an ellipsis between them.
std::string shortened(std::string_view text, std::size_t columns);

// "[####......]  42%", or blanks while the size is not known.
std::string progress_bar(std::uint64_t done, std::optional<std::uint64_t> size, bool colours);
// One line: a bar, a name that gives way, and numbers at the right. bar: may hold colours.
std::string fit(const std::string& bar, std::string_view name, std::string_view numbers, std::size_t width);
// "4 s", "2 min 05 s", "3 h 07 min".
std::string duration_text(std::uint64_t seconds);

}  // namespace objstore::cli
