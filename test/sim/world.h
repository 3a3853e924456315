#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/core.h"
#include "aws/names.h"
#include "env/sim/clock.h"
#include "env/sim/files.h"
#include "env/sim/random.h"
#include "env/sim/tasks.h"
#include "state/sim/engine.h"

namespace cairn::sim {

/// One call of a client, as the client knows it. Its id travels as User-Agent, so that its record can be found without an answer.
struct SentCall {
  uint64_t id = 0;
  std::string operation;  // eventName
  std::string bucket, key;
  std::string value;    // of a PutObject; the status of PutBucketVersioning and PutObjectLockLegalHold
  std::string version;  // asked for; "": none
  bool answered = false;
  uint64_t answer_order = 0;  // 1, 2, 3 ... as answers came
  int status = 0;
  std::string error_code;  // of the answer's body; "" on success
  std::string request_id;
  std::string body;                                          // of the answer
  std::vector<std::pair<std::string, std::string>> headers;  // of the answer
};

/// A request as a client makes it; the world adds Host and User-Agent, and signs it.
struct Request {
  std::string method = "POST", target = "/";  // target: path and query string
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  std::string service = "s3";  // of the credential scope, as the region
  aws::Region region = aws::kGlobalRegion;
};

/// A record as the history gives it.
struct Recorded {
  uint64_t call = 0;  // from its userAgent
  std::string event_id, request_id, name, error_code, bucket, key;
  std::string version, new_version;  // asked for, and x-amz-version-id of the answer
  bool by_service = false;           // CloudTrail's own call: of no client
  bool management = true;
  std::string text;  // the record
};

/// A machine with a server on it, and clients. Everything is drawn from the seed; the same seed does the same.
class World {
 public:
  explicit World(uint64_t seed);
  ~World();

  /// Starts the server on what the disk holds. False: it refused, see `complaint`.
  bool start();
  /// The power goes; `unsynced` says what becomes of writes that were not synced. Calls in flight never get an answer.
  void crash(env::SimFiles::Unsynced unsynced);
  bool running() const { return core_ != nullptr; }

  /// Sends one call; the answer may come at once, later, or never.
  void send(SentCall call);
  /// The same for any request; `call` says what its sender wants to remember. Returns its id.
  uint64_t send_raw(Request request, SentCall call = {});
  /// One step of one background task; false: all rest.
  bool step() { return tasks_->run_one(); }
  /// Lets everything come to rest: answers out, followers caught up.
  void settle();
  SentCall ask(SentCall call);  // sends and settles; the answered call
  /// Everything the history holds, oldest first, read through the server's own search.
  std::vector<Recorded> whole_history();
  std::vector<Recorded> history();  // what clients did
  /// A trail over all regions with digests, into the bucket `kLogs`. Its calls are clients' calls.
  void make_trail();
  static constexpr const char* kLogs = "trail-logs";
  static constexpr const char* kLocked = "bucket-2";  // is made with Object Lock

  env::SimRandom random;
  env::SimClock clock;
  env::SimFiles files;
  std::map<uint64_t, SentCall> calls;  // all that were ever sent
  std::string complaint;
  size_t in_flight = 0;

 private:
  std::string head_of(const SentCall& call, const Request& request);

  uint64_t seed_;
  state::SimDatabase database_;
  std::unique_ptr<env::SimTasks> tasks_;
  std::unique_ptr<app::Core> core_;
  bool crashing_ = false;  // the process is as good as dead: what its parts do on their way out changes nothing
  std::string access_key_, secret_;
  uint64_t next_call_ = 1, answers_ = 0, life_ = 0;
};

/// Throws std::runtime_error with what is wrong; each in a file of its name.
void answered_calls_have_one_event(const World& world, const std::vector<Recorded>& history);
void each_event_is_in_one_file(World& world);
void no_bytes_left_behind(World& world, const std::vector<Recorded>& history);
void records_fit_a_sequential_model(World& world, const std::vector<Recorded>& history);

}  // namespace cairn::sim
