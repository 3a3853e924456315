#pragma once
#include "aws/names.h"
#include "aws/principal.h"
#include "base/id.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "blob/store.h"
#include "env/clock.h"
#include "env/random.h"

namespace cairn::history {
class History;
}
namespace cairn::identity {
class Directory;
class Guesses;
class ProviderKeys;
}  // namespace cairn::identity
namespace cairn::blob {
class Damage;
}
namespace cairn::logs {
class Store;
}
namespace cairn::logs_service {
class Queries;
}
namespace cairn::metrics {
class Store;
}
namespace cairn::sqs {
class Board;
}
namespace cairn::state {
class Sealer;
class Transaction;
class Watch;
}  // namespace cairn::state

namespace cairn::api {

/// Whether a bucket would let a principal in: asked by services that will write there later. Implemented by S3.
class BucketAccess {
 public:
  struct Ask {
    aws::Principal principal;
    std::string bucket, key;        // key "": the bucket itself
    std::string action;             // s3:PutObject
    Json headers = Json::object();  // the request's x-amz-… headers that conditions may look at, by lower-case name
    Time now;
  };
  struct Refusal {
    enum Kind { kNoSuchBucket, kDenied } kind = kDenied;
    std::string reason;  // for a person: the statement, resource or condition that is missing, or the one that denies
  };
  virtual ~BucketAccess() = default;
  virtual Result<void, Refusal> check(state::Transaction& state, const Ask& ask) = 0;
  virtual bool is_elsewhere(const std::string&) const { return false; }  // no bucket of this server
};

/// Which log groups there are: asked by services that will write there later. Implemented by CloudWatch Logs.
class LogGroups {
 public:
  virtual ~LogGroups() = default;
  virtual bool exists(state::Transaction& state, std::string_view arn) const = 0;
};

class DataKeyMemory;
class WaitingRoom;

/// What handlers may reach besides their call. Filled in once, in app/wiring.cc.
struct Ports {
  const env::Clock* clock = nullptr;
  env::Random* random = nullptr;
  blob::Store* blobs = nullptr;
  blob::Damage* damage = nullptr;  // where content that is not as it was written is counted
  BucketAccess* buckets = nullptr;
  const LogGroups* log_groups = nullptr;
  identity::Directory* directory = nullptr;
  identity::Guesses* guesses = nullptr;  // of MFA codes
  identity::ProviderKeys* provider_keys = nullptr;
  history::History* history = nullptr;           // services include history/store.h; the api layer itself does not look inside
  logs::Store* logs = nullptr;                   // the same: logs/store.h
  logs_service::Queries* log_queries = nullptr;  // the same: services/logs/queries.h
  metrics::Store* metrics = nullptr;             // the same: metrics/store.h
  sqs::Board* queues = nullptr;                  // the same: services/sqs/board.h
  WaitingRoom* waiting_room = nullptr;           // api/waiting_room.h
  const state::Sealer* sealer = nullptr;         // for secrets in documents: state/sealer.h
  Secret object_key;                             // the server's own for objects: seal/objects
  const state::Watch* kms_documents = nullptr;   // changes with whatever may change what KMS answers; null: nothing is remembered of it
  DataKeyMemory* data_keys = nullptr;            // api/data_keys.h; null: the same
  aws::AccountId default_account;
  bool sends_mail = false;           // there is an SMTP server
  bool plain_counts_as_tls = false;  // --dev: policies that ask for TLS are content with plain HTTP
};

}  // namespace cairn::api
