#pragma once
#include "aws/names.h"
#include "blob/store.h"
#include "env/clock.h"
#include "env/random.h"

namespace cairn::history {
class History;
}

namespace cairn::api {

/// What handlers may reach besides their call. Filled in once, in app/wiring.cc.
struct Ports {
  const env::Clock* clock = nullptr;
  env::Random* random = nullptr;
  blob::Store* blobs = nullptr;
  history::History* history = nullptr;  // services include history/store.h; the api layer itself does not look inside
  aws::AccountId default_account;
};

}  // namespace cairn::api
