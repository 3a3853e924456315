#pragma once
#include <map>
#include <string>
#include <string_view>

#include "services/sqs/queue.h"

/// What attributes a queue can be given, and how they are shown.
namespace cairn::sqs {

/// AWS's default of an attribute that was not set; "": it is not shown then.
std::string_view default_of(std::string_view name, bool is_fifo);

/// Checks what a client asks for and puts it into the queue; an empty policy takes one away. Throws InvalidAttributeName,
/// InvalidAttributeValue, InvalidParameterValue.
enum class When { kCreated, kChanged };
void set_attributes(api::Call& call, Queue& queue, const Json& asked, When when);

/// Everything that GetQueueAttributes shows of a queue, but for what is counted.
std::map<std::string, std::string> shown_attributes(const Queue& queue);
bool is_attribute(std::string_view name);  // that can be asked for

/// RedrivePolicy, read.
struct Redrive {
  std::string target_arn;
  int64_t receives_max = 0;
};
std::optional<Redrive> redrive_of(const Queue& queue);

}  // namespace cairn::sqs
