#include <array>

#include "api/operation.h"
#include "api/system_tags.h"
#include "base/text.h"
#include "services/sqs/errors.h"
#include "services/sqs/tag_set.h"

namespace cairn::sqs {

void add_tags(const api::Call& call, Queue& queue, const Json& tags) {
  constexpr size_t kTagsMax = 50, kKeyMax = 128, kValueMax = 256;
  for (const auto& [key, value] : tags.items()) {
    const std::string text = value.get<std::string>();
    if (key.empty() || text::code_points(key) > kKeyMax || !api::may_set_tag(call, key) || text::code_points(text) > kValueMax)
      throw Error(kInvalidParameterValue, "Tag {} is invalid: keys have 1 to {} characters and do not begin with aws:, values up to {}.",
                  key, kKeyMax, kValueMax);
    queue.tags[key] = text;
  }
  if (api::counted_tags(queue.tags) > kTagsMax) throw Error(kInvalidParameterValue, "Too many tags added for queue {}.", queue.name);
}

namespace {

void tag_queue(api::Call& call) {
  Queue queue = open_queue(call, "TagQueue", Accounts::kOwn);
  add_tags(call, queue, call.in.at("Tags"));
  put_queue(call, queue);
}

void untag_queue(api::Call& call) {
  Queue queue = open_queue(call, "UntagQueue", Accounts::kOwn);
  for (const Json& key : call.in.at("TagKeys")) {
    if (!api::may_set_tag(call, key.get_ref<const std::string&>()))
      throw Error(kInvalidParameterValue, "Tag {} is of AWS's own: keys that begin with aws: cannot be removed.", key.get<std::string>());
    queue.tags.erase(key.get<std::string>());
  }
  put_queue(call, queue);
}

void list_queue_tags(api::Call& call) {
  const Queue queue = open_queue(call, "ListQueueTags", Accounts::kOwn);
  for (const auto& [key, value] : queue.tags) call.out["Tags"][key] = value;
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"ListQueueTags", list_queue_tags},
    {"TagQueue", tag_queue},
    {"UntagQueue", untag_queue},
});

}  // namespace
}  // namespace cairn::sqs

namespace cairn::services {
extern const api::Family sqs_tags;
const api::Family sqs_tags{.service = "sqs", .operations = sqs::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services
