/* slowname.c - a resolver that knows no name, and takes its time to say so:
   until the file that SLOWNAME_WAIT names is gone. To be preloaded. */
/* SPDX-License-Identifier: MIT */
#include <netdb.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int getaddrinfo(const char *node, const char *service,
                const struct addrinfo *hints, struct addrinfo **result) {
  const struct timespec look = {0, 5000000};
  const char *file = getenv("SLOWNAME_WAIT");
  (void)node, (void)service, (void)hints, (void)result;
  while (file && access(file, F_OK) == 0) (void)nanosleep(&look, NULL);
  return EAI_AGAIN;
}
