// What a run found out, for people (a table), for programs (JSON) and for spreadsheets (CSV). Pure functions.
#pragma once

#include <string>

#include "bench/load/options.h"
#include "bench/load/run.h"

namespace objstore::bench {

std::string text_report(const Options& options, const Outcome& outcome);
// One object, a line.
std::string json_report(const Options& options, const Outcome& outcome);
// The names of csv_report's columns, a line.
std::string csv_header();
// A line for each kind of operation that ran.
std::string csv_report(const Options& options, const Outcome& outcome);
// "put", as on the command line.
std::string kind_name(Kind kind);

}  // namespace objstore::bench
