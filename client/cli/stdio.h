// Standard input and output as the two ends of a transfer, such that a stop is seen while they keep us waiting. One
// thread at a time.
#pragma once

#include <objstore/transfer.h>

#include <stop_token>

namespace objstore::cli {

client::ReadCallback read_standard_input(std::stop_token stop);
client::WriteCallback write_standard_output(std::stop_token stop);

}  // namespace objstore::cli
