#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "outbox/outbox.h"
#include "services/s3/bucket.h"
#include "services/s3/object.h"

namespace cairn::s3 {

/// What happened to an object.
struct Happening {
  std::string_view event;  // ObjectCreated:Put
  std::string key;
  std::optional<uint64_t> size = {};
  std::string etag = {}, version = {};  // "": not told
  bool is_sequenced = true;             // changes of what is beside an object have no place in its sequence
};
constexpr std::string_view kEtagOfNothing = "d41d8cd98f00b204e9800998ecf8427e";  // delete markers have it

/// Of an object that was written.
Happening written(std::string_view event, std::string_view key, const Object& object);
/// Of one whose tags or access list changed.
Happening altered(std::string_view event, std::string_view key, const Object& object);
/// Of one that was deleted. `kind`: ObjectRemoved, LifecycleExpiration; `marker`: the delete marker's version, "": there is none.
std::string deleted_event(std::string_view kind, std::string_view marker);

/// Tells it to whom the bucket's notification configuration says: by the outbox, in the same entry of the journal. Returns the bytes of
/// that entry that it takes.
size_t notify(api::Call& call, const Bucket& bucket, const Happening& happening);
/// The same of what S3 did by itself.
size_t notify_by_itself(api::Call& call, const std::string& bucket, const Happening& happening);

/// The place of what a call does among all that happens to a key: texts that grow, as no two changes of one object began at one entry of
/// the journal.
std::string sequencer(const api::Call& call);

/// S3 on behalf of a bucket.
aws::Principal notifier(const Bucket& bucket);

/// Makes the messages, once they are to be sent: a call may tell of a thousand objects, whose messages would not fit its entry.
class Notifier final : public outbox::Owner {
 public:
  std::optional<outbox::Item> make(state::Transaction& state, outbox::Item item) override;
};

}  // namespace cairn::s3
