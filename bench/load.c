/* The load generator of the benchmark: IRC channels full of members, all in this process.
 *
 * Theory of operation
 *
 * The first `senders` of the `members` talk, everybody listens. Each sender numbers its lines and
 * keeps at most `window` of them outstanding; a line stops being outstanding when every member that
 * must get it has got it, or, with `--sliding`, when the first one has: then the next lines come
 * while the server still writes the last ones to the others. Nothing is asked of the server but to
 * carry PRIVMSG lines, so a server without echo-message is driven just as one with it.
 *
 * With several `channels`, the members are spread over them evenly, and nobody talks: that is for
 * memory and the time of joining.
 *
 * A line's text is `SSSSNNNNNNNN xxxx…`: the sender's index and the line's number in letters
 * (`a` is 0, `p` is 15), a space, padding. All texts have one length, so the text of a received line
 * is found by counting back from its end, however long the tags and the prefix before it are.
 *
 * Every line at every member is checked: the words around it, the nickname it came from, the
 * padding, and that its number is the very next of its sender at this member. As no number is
 * accepted twice or out of turn, "each once and in order" holds all along, and when at the end each
 * member's next number equals what its sender sent, nothing is missing either. A PING by each
 * member, answered after all lines, shows that nothing more was on its way.
 *
 * One run: everybody connects and joins; warm-up; the measured seconds; the outstanding lines come
 * in; the PINGs; the verdict; one JSON object on standard output. Whatever goes wrong ends the
 * process with one sentence on standard error and status 1.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHANNEL "#bench" /* the only one, or the beginning of the name of each */
#define COMMAND "PRIVMSG " CHANNEL " :"

enum {
    READ_BYTES = 256 * 1024,        /* one recv(); fits a second level cache */
    LINE_BYTES = 16 * 1024,         /* the longest line: 8191 of tags and 512 (IRCv3), and room */
    CONTROL_BYTES = 2048,           /* room that lines leave to the other commands */
    RECEIVE_BUFFER = 4 * 1024 * 1024, /* of a socket, so that members are never slow readers */
    OPENING_AT_ONCE = 4,            /* in a turn: less than a short listen backlog */
    EVENTS = 1024,
    SLIDING_LINES = 65536, /* of a sender, that some member has not got yet */
    SENDER_LETTERS = 4,
    NUMBER_LETTERS = 8,
    HEAD_BYTES = SENDER_LETTERS + NUMBER_LETTERS, /* of a text, before the padding */
    COMMAND_BYTES = sizeof COMMAND - 1,
    BUCKETS_AN_OCTAVE = 32,         /* of the latency histogram: 3 % wide */
    BUCKETS = 64 * BUCKETS_AN_OCTAVE,
};

#define SECOND UINT64_C(1000000000)
#define OPENING_PAUSE (SECOND / 1000)
#define JOIN_LIMIT (120 * SECOND)
#define DRAIN_LIMIT (30 * SECOND)

struct member {
    int fd;
    bool joined;
    bool finished;       /* the PONG to the last PING came */
    bool waits_to_write; /* EPOLLOUT is on */
    uint32_t *next;      /* for each sender: the number its next line must have */
    char *unsent;
    size_t unsent_bytes, unsent_room;
    char *tail; /* the beginning of a line whose end was not received yet */
    size_t tail_bytes;
};

struct sender {
    uint32_t sent;
    uint32_t done;     /* lines that are outstanding no more */
    uint32_t whole;    /* lines that everybody got */
    uint64_t *sent_at; /* both by number modulo `slots`: no two lines under way have one slot */
    uint32_t *missing; /* members that did not get it yet */
};

/* What was asked for. */
static uint32_t member_count = 100, sender_count = 1, window = 100, channel_count = 1;
static uint32_t joining_at_once = 512; /* InspIRCd lets those who wait come in once a second */
static bool sliding;
static size_t text_bytes = 64;
static double warmup_seconds = 1, measured_seconds = 4;
static double rate; /* lines a second of all senders together; 0: as fast as the windows allow */
static const char *capabilities = "";
static in_port_t port;
static pid_t server;

static struct member *members;
static struct sender *senders;
static int epoll;
static bool talking, measuring;
static uint32_t joined_count, finished_count, incomplete, slots;
static uint32_t copies;          /* deliveries that one line makes */
static uint64_t pace_start, pace_lines;
static char *model;              /* a whole line as sent, to copy and to compare with */
static size_t model_bytes;
static uint64_t deliveries, delivered_bytes, lines_sent;
static uint64_t latencies[BUCKETS], latency_max;

__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("load: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static void *allocate(size_t count, size_t bytes)
{
    void *memory = calloc(count, bytes);
    if (memory == NULL)
        fail("out of memory");
    return memory;
}

static uint64_t clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

static void write_letters(char *to, uint32_t value, int count)
{
    while (count-- > 0) {
        to[count] = (char)('a' + value % 16);
        value /= 16;
    }
}

/* Anything but letters gives some other number, which no check after it lets pass. */
static uint32_t read_letters(const char *from, int count)
{
    uint32_t value = 0;
    for (int i = 0; i < count; i++)
        value = value << 4 | (uint32_t)((from[i] - 'a') & 0xff);
    return value;
}

/* ---- Latencies: a histogram with the same relative width everywhere ---------------------------- */

static void count_latency(uint64_t nanoseconds)
{
    unsigned octave = 0;
    if (nanoseconds >= 2 * BUCKETS_AN_OCTAVE)
        octave = 63 - (unsigned)__builtin_clzll(nanoseconds) - 5; /* 2 to the 5th: BUCKETS_AN_OCTAVE */
    latencies[octave * BUCKETS_AN_OCTAVE + (nanoseconds >> octave)]++;
    if (nanoseconds > latency_max)
        latency_max = nanoseconds;
}

/* In milliseconds, from the middle of its bucket. */
static double latency_percentile(double percent)
{
    uint64_t total = 0, seen = 0;
    for (int i = 0; i < BUCKETS; i++)
        total += latencies[i];
    for (int i = 0; i < BUCKETS; i++) {
        seen += latencies[i];
        if (seen > 0 && (double)seen >= (double)total * percent / 100) {
            int octave = i < 2 * BUCKETS_AN_OCTAVE ? 0 : i / BUCKETS_AN_OCTAVE - 1;
            double low = (double)((uint64_t)(i - octave * BUCKETS_AN_OCTAVE) << octave);
            return (low + (double)(UINT64_C(1) << octave) / 2) / 1e6;
        }
    }
    return 0;
}

/* ---- Sending ----------------------------------------------------------------------------------- */

static void want_to_write(struct member *member, bool wanted)
{
    if (member->waits_to_write == wanted)
        return;
    member->waits_to_write = wanted;
    struct epoll_event event = {.events = EPOLLIN | (wanted ? EPOLLOUT : 0), .data.ptr = member};
    if (epoll_ctl(epoll, EPOLL_CTL_MOD, member->fd, &event) < 0)
        fail("epoll_ctl: %s", strerror(errno));
}

static void flush(struct member *member)
{
    if (member->unsent_bytes == 0)
        return;
    ssize_t count = send(member->fd, member->unsent, member->unsent_bytes, MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN)
        fail("sending to port %d: %s", port, strerror(errno));
    if (count > 0) {
        member->unsent_bytes -= (size_t)count;
        memmove(member->unsent, member->unsent + count, member->unsent_bytes);
    }
    want_to_write(member, member->unsent_bytes > 0);
}

__attribute__((format(printf, 2, 3))) static void say(struct member *member, const char *format, ...)
{
    size_t room = member->unsent_room - member->unsent_bytes;
    va_list arguments;
    va_start(arguments, format);
    int count = vsnprintf(member->unsent + member->unsent_bytes, room, format, arguments);
    va_end(arguments);
    if (count < 0 || (size_t)count >= room)
        fail("the server does not read what it asked for");
    member->unsent_bytes += (size_t)count;
    flush(member);
}

/* Put one more line after what the sender has to send; it counts as sent at `moment`. */
static void compose(struct sender *sender, struct member *member, uint64_t moment)
{
    char *line = member->unsent + member->unsent_bytes;
    memcpy(line, model, model_bytes);
    char *text = line + COMMAND_BYTES;
    write_letters(text, (uint32_t)(sender - senders), SENDER_LETTERS);
    write_letters(text + SENDER_LETTERS, sender->sent, NUMBER_LETTERS);
    member->unsent_bytes += model_bytes;
    uint32_t slot = sender->sent++ % slots;
    sender->sent_at[slot] = moment;
    sender->missing[slot] = copies;
    incomplete++;
    lines_sent++;
}

static bool may_send(uint32_t i)
{
    return senders[i].sent - senders[i].done < window && senders[i].sent - senders[i].whole < slots
        && members[i].unsent_bytes + model_bytes + CONTROL_BYTES <= members[i].unsent_room;
}

/* Fill every window. */
static void talk_freely(void)
{
    for (uint32_t i = 0; i < sender_count; i++) {
        if (!may_send(i))
            continue;
        uint64_t now = clock_now();
        while (may_send(i))
            compose(&senders[i], &members[i], now);
        flush(&members[i]);
    }
}

/* Send what is due by the clock, the senders in turn. A line that a full window held back counts as
 * sent when it was due: a server must not look quick because it was asked less ("coordinated
 * omission"). Returns when the next line is due. */
static uint64_t talk_paced(void)
{
    uint64_t now = clock_now(), due;
    while ((due = pace_start + (uint64_t)((double)pace_lines / rate * (double)SECOND)) <= now) {
        uint32_t i = (uint32_t)(pace_lines % sender_count);
        if (!may_send(i))
            return now + SECOND; /* what frees the window wakes us sooner */
        compose(&senders[i], &members[i], due);
        flush(&members[i]);
        pace_lines++;
    }
    return due;
}

/* ---- Receiving --------------------------------------------------------------------------------- */

/* Everything but the channel's lines, so nothing here needs to be quick. `line` ends in a zero. */
static void take_other(struct member *member, char *line)
{
    char *command = line;
    if (*command == '@' && (command = strchr(command, ' ')) != NULL)
        command++;
    if (command != NULL && *command == ':' && (command = strchr(command, ' ')) != NULL)
        command++;
    if (command == NULL)
        fail("not a line of IRC: %s", line);
    if (strncmp(command, "PING ", 5) == 0) {
        say(member, "PONG %s\r\n", command + 5);
    } else if (strncmp(command, "PONG ", 5) == 0) {
        finished_count += !member->finished;
        member->finished = true;
    } else if (strncmp(command, "CAP ", 4) == 0) {
        if (strstr(command, " NAK ") != NULL)
            fail("the server has not all of the capabilities %s", capabilities);
        if (strstr(command, " ACK ") != NULL)
            say(member, "CAP END\r\n");
    } else if (strncmp(command, "001 ", 4) == 0) { /* RPL_WELCOME */
        if (channel_count == 1)
            say(member, "JOIN " CHANNEL "\r\n");
        else
            say(member, "JOIN " CHANNEL "%u\r\n", (uint32_t)(member - members) % channel_count);
    } else if (strncmp(command, "366 ", 4) == 0) { /* RPL_ENDOFNAMES */
        joined_count += !member->joined;
        member->joined = true;
    } else if (strncmp(command, "ERROR ", 6) == 0 || strncmp(command, "PRIVMSG ", 8) == 0
               || strncmp(command, "KICK ", 5) == 0
               || ((*command == '4' || *command == '5') && strncmp(command, "422 ", 4) != 0)) {
        fail("the server said: %s", line); /* 422: it has no message of the day, which is fine */
    }
}

/* Own lines come back only with echo-message. */
static bool must_get(uint32_t member, uint32_t sender)
{
    return member != sender || copies == member_count;
}

static bool is_channel_line(const char *line, const char *end)
{
    return (size_t)(end - line) > COMMAND_BYTES + text_bytes
        && memcmp(end - text_bytes - COMMAND_BYTES, COMMAND, COMMAND_BYTES) == 0;
}

static void take_channel_line(const char *line, const char *end, struct member *member, uint64_t now)
{
    const char *text = end - text_bytes;
    const char *origin = line;
    if (*origin == '@' && (origin = memchr(line, ' ', (size_t)(end - line))) != NULL)
        origin++;
    uint32_t from = read_letters(text, SENDER_LETTERS);
    uint32_t number = read_letters(text + SENDER_LETTERS, NUMBER_LETTERS);
    long index = member - members;
    if (from >= sender_count || origin == NULL || memcmp(origin, ":m", 2) != 0
        || memcmp(origin + 2, text, SENDER_LETTERS) != 0 /* a nickname is m and the index */
        || origin[2 + SENDER_LETTERS] != '!'
        || memcmp(text + HEAD_BYTES, model + COMMAND_BYTES + HEAD_BYTES, text_bytes - HEAD_BYTES) != 0)
        fail("member %ld got a line that nobody sent: %.*s", index, (int)(end - line), line);
    if (number != member->next[from])
        fail("member %ld got line %u of sender %u where line %u was next: %s", index, number, from,
            member->next[from], number < member->next[from] ? "it came twice" : "lines were lost");
    if (!must_get((uint32_t)index, from))
        fail("member %ld got its own line back without having asked for echo-message", index);
    struct sender *sender = &senders[from];
    if (number >= sender->sent)
        fail("member %ld got line %u of sender %u before it was sent", index, number, from);
    member->next[from]++;
    uint32_t slot = number % slots;
    deliveries++;
    if (measuring)
        count_latency(now > sender->sent_at[slot] ? now - sender->sent_at[slot] : 0);
    if (sliding && sender->missing[slot] == copies)
        sender->done++;
    if (--sender->missing[slot] == 0) {
        sender->whole++;
        sender->done += !sliding;
        incomplete--;
    }
}

static void take_line(struct member *member, char *line, char *newline, uint64_t now)
{
    char *end = newline > line && newline[-1] == '\r' ? newline - 1 : newline;
    if (is_channel_line(line, end)) {
        take_channel_line(line, end, member, now);
        delivered_bytes += (uint64_t)(newline + 1 - line);
    } else {
        *end = '\0';
        take_other(member, line);
    }
}

static void receive(struct member *member)
{
    static char buffer[LINE_BYTES + READ_BYTES]; /* one for all members: it stays in the cache */
    memcpy(buffer, member->tail, member->tail_bytes);
    ssize_t count = recv(member->fd, buffer + member->tail_bytes, READ_BYTES, 0);
    if (count < 0 && errno == EAGAIN)
        return;
    if (count < 0)
        fail("receiving from the server: %s", strerror(errno));
    if (count == 0)
        fail("the server closed the connection of member %td", member - members);
    uint64_t now = clock_now();
    char *line = buffer, *end = buffer + member->tail_bytes + count, *newline;
    while ((newline = memchr(line, '\n', (size_t)(end - line))) != NULL) {
        take_line(member, line, newline, now);
        line = newline + 1;
    }
    member->tail_bytes = (size_t)(end - line);
    if (member->tail_bytes > LINE_BYTES)
        fail("member %td got a line longer than %d bytes", member - members, LINE_BYTES);
    memcpy(member->tail, line, member->tail_bytes);
}

/* Say what may be said, wait for the network, at most until `deadline`, and take all that came. */
static void turn(uint64_t deadline)
{
    struct epoll_event events[EVENTS];
    if (talking && rate > 0) {
        uint64_t due = talk_paced();
        deadline = due < deadline ? due : deadline;
    } else if (talking) {
        talk_freely();
    }
    uint64_t now = clock_now(), wait = deadline > now ? deadline - now : 0;
    struct timespec timeout = {(time_t)(wait / SECOND), (long)(wait % SECOND)};
    int count = epoll_pwait2(epoll, events, EVENTS, &timeout, NULL);
    if (count < 0 && errno != EINTR)
        fail("epoll_pwait2: %s", strerror(errno));
    for (int i = 0; i < count; i++) {
        struct member *member = events[i].data.ptr;
        if (events[i].events & EPOLLOUT)
            flush(member);
        if (events[i].events & ~(uint32_t)EPOLLOUT) /* an error or a hang-up shows by reading */
            receive(member);
    }
}

/* ---- The run ----------------------------------------------------------------------------------- */

static void open_member(struct member *member)
{
    uint32_t index = (uint32_t)(member - members);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    member->next = allocate(sender_count + 1, sizeof *member->next);
    member->unsent_room = CONTROL_BYTES + (index < sender_count ? window * model_bytes : 0);
    member->unsent = allocate(member->unsent_room, 1);
    member->tail = allocate(LINE_BYTES, 1);
    member->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (member->fd < 0)
        fail("socket: %s", strerror(errno));
    int bytes = RECEIVE_BUFFER, on = 1;
    /* Beyond net.core.rmem_max where we may; what the system gives otherwise will do, too. */
    if (setsockopt(member->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) < 0)
        setsockopt(member->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    setsockopt(member->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    /* Loopback answers at once, unless the backlog is full: then the system tries again later. */
    if (connect(member->fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS)
        fail("connecting to port %d: %s", port, strerror(errno));
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = member};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, member->fd, &event) < 0)
        fail("epoll_ctl: %s", strerror(errno));
    char letters[SENDER_LETTERS + 1] = "";
    write_letters(letters, index, SENDER_LETTERS);
    if (*capabilities != '\0')
        say(member, "CAP REQ :%s\r\n", capabilities); /* END follows the answer */
    say(member, "NICK m%s\r\nUSER load 0 * :load\r\n", letters);
}

static void join_everybody(void)
{
    uint64_t deadline = clock_now() + JOIN_LIMIT;
    uint32_t opened = 0;
    while (joined_count < member_count) {
        uint32_t last = opened + OPENING_AT_ONCE;
        while (opened < member_count && opened < last && opened - joined_count < joining_at_once)
            open_member(&members[opened++]);
        turn(opened == last ? clock_now() + OPENING_PAUSE : deadline);
        if (clock_now() >= deadline)
            fail("only %u of %u members had joined after two minutes", joined_count, member_count);
    }
}

static void run_until(uint64_t deadline)
{
    while (clock_now() < deadline)
        turn(deadline);
}

static void drain(void)
{
    uint64_t deadline = clock_now() + DRAIN_LIMIT;
    while (incomplete > 0) {
        turn(deadline);
        if (clock_now() >= deadline)
            fail("%u lines did not reach every member within 30 seconds", incomplete);
    }
}

static void ping_everybody(void)
{
    uint64_t deadline = clock_now() + DRAIN_LIMIT;
    for (uint32_t i = 0; i < member_count; i++)
        say(&members[i], "PING end\r\n");
    while (finished_count < member_count) {
        turn(deadline);
        if (clock_now() >= deadline)
            fail("only %u of %u members got a PONG", finished_count, member_count);
    }
}

static void verify(void)
{
    for (uint32_t i = 0; i < member_count; i++)
        for (uint32_t j = 0; j < sender_count; j++) {
            uint32_t expected = must_get(i, j) ? senders[j].sent : 0;
            if (members[i].next[j] != expected)
                fail("member %u got %u lines of sender %u, which sent %u for it", i,
                    members[i].next[j], j, expected);
        }
}

/* ---- Figures ----------------------------------------------------------------------------------- */

static double own_cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* Of all threads of the server; 0 without a server's process id. proc(5), /proc/PID/stat. */
static double server_cpu_seconds(void)
{
    char path[64], text[1024];
    unsigned long user = 0, system = 0;
    if (server == 0)
        return 0;
    snprintf(path, sizeof path, "/proc/%d/stat", server);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail("the server's process %d is gone", server);
    size_t count = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[count] = '\0';
    char *fields = strrchr(text, ')'); /* the name before it may hold anything */
    if (fields == NULL
        || sscanf(fields + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system)
            != 2)
        fail("cannot read %s", path);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/* Resident memory; proc(5), /proc/PID/statm. */
static long server_bytes(void)
{
    char path[64];
    long pages = 0;
    if (server == 0)
        return 0;
    snprintf(path, sizeof path, "/proc/%d/statm", server);
    FILE *file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%*d %ld", &pages) != 1)
        fail("cannot read %s", path);
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

struct moment {
    uint64_t time, deliveries, bytes, lines;
    double own_cpu, server_cpu;
};

static struct moment take_moment(void)
{
    return (struct moment){
        clock_now(), deliveries, delivered_bytes, lines_sent, own_cpu_seconds(), server_cpu_seconds(),
    };
}

static void print_figures(const struct moment *from, const struct moment *to, double join_seconds,
    long first_bytes, long joined_bytes)
{
    double seconds = (double)(to->time - from->time) / (double)SECOND;
    uint64_t count = to->deliveries - from->deliveries;
    printf("{\"seconds\": %.6f, \"deliveries\": %llu, \"lines\": %llu, \"bytes_a_line\": %.1f, ",
        seconds, (unsigned long long)count, (unsigned long long)(to->lines - from->lines),
        count > 0 ? (double)(to->bytes - from->bytes) / (double)count : 0);
    printf("\"p50_ms\": %.4f, \"p90_ms\": %.4f, \"p99_ms\": %.4f, \"max_ms\": %.4f, ",
        latency_percentile(50), latency_percentile(90), latency_percentile(99),
        (double)latency_max / 1e6);
    printf("\"generator_cpu\": %.4f, \"server_cpu\": %.4f, ",
        (to->own_cpu - from->own_cpu) / seconds, (to->server_cpu - from->server_cpu) / seconds);
    printf("\"join_seconds\": %.4f, \"first_bytes\": %ld, \"joined_bytes\": %ld, "
           "\"end_bytes\": %ld, \"verified_deliveries\": %llu}\n",
        join_seconds, first_bytes, joined_bytes, server_bytes(), (unsigned long long)deliveries);
}

/* ---- The command line -------------------------------------------------------------------------- */

static double read_number(const char *name, const char *text, double low, double high)
{
    char *end;
    double value = strtod(text, &end);
    if (*text == '\0' || *end != '\0' || !(value >= low && value <= high))
        fail("--%s %s: a number from %g to %g is needed", name, text, low, high);
    return value;
}

static void read_options(int count, char **words)
{
    static const struct option options[] = {
        {"port", required_argument, NULL, 'p'},
        {"server", required_argument, NULL, 'i'},
        {"members", required_argument, NULL, 'm'},
        {"senders", required_argument, NULL, 's'},
        {"window", required_argument, NULL, 'w'},
        {"channels", required_argument, NULL, 'n'},
        {"sliding", no_argument, NULL, 'l'},
        {"joining", required_argument, NULL, 'j'},
        {"text", required_argument, NULL, 't'},
        {"rate", required_argument, NULL, 'r'},
        {"warmup", required_argument, NULL, 'u'},
        {"seconds", required_argument, NULL, 'd'},
        {"caps", required_argument, NULL, 'c'},
        {NULL, 0, NULL, 0},
    };
    int option, which;
    while ((option = getopt_long(count, words, "", options, &which)) != -1) {
        const char *name = option == '?' ? "" : options[which].name;
        switch (option) {
        case 'p': port = (in_port_t)read_number(name, optarg, 1, 65535); break;
        case 'i': server = (pid_t)read_number(name, optarg, 0, INT32_MAX); break;
        case 'm': member_count = (uint32_t)read_number(name, optarg, 2, 65536); break;
        case 's': sender_count = (uint32_t)read_number(name, optarg, 0, 65536); break;
        case 'w': window = (uint32_t)read_number(name, optarg, 1, 100000); break;
        case 'n': channel_count = (uint32_t)read_number(name, optarg, 1, 65536); break;
        case 'l': sliding = true; break;
        case 'j': joining_at_once = (uint32_t)read_number(name, optarg, 1, 65536); break;
        case 't': text_bytes = (size_t)read_number(name, optarg, HEAD_BYTES + 2, 400); break;
        case 'r': rate = read_number(name, optarg, 0, 1e7); break;
        case 'u': warmup_seconds = read_number(name, optarg, 0, 3600); break;
        case 'd': measured_seconds = read_number(name, optarg, 0.01, 3600); break;
        case 'c': capabilities = optarg; break;
        default: exit(2); /* getopt has said why */
        }
    }
    if (port == 0)
        fail("--port is needed");
    if (sender_count > member_count)
        fail("--senders %u: more than the %u members", sender_count, member_count);
    if (channel_count > 1 && sender_count > 0)
        fail("--channels %u: nobody can talk in them, so --senders 0 is needed", channel_count);
}

static void prepare(void)
{
    model_bytes = COMMAND_BYTES + text_bytes + 2;
    model = allocate(model_bytes, 1);
    memset(model, 'x', model_bytes);
    memcpy(model, COMMAND, COMMAND_BYTES);
    model[COMMAND_BYTES + HEAD_BYTES] = ' '; /* no server may leave out the colon before the text */
    memcpy(model + model_bytes - 2, "\r\n", 2);
    copies = strstr(capabilities, "echo-message") != NULL ? member_count : member_count - 1;
    members = allocate(member_count, sizeof *members);
    senders = allocate(sender_count + 1, sizeof *senders);
    slots = sliding ? window + SLIDING_LINES : window;
    for (uint32_t i = 0; i < sender_count; i++) {
        senders[i].sent_at = allocate(slots, sizeof *senders[i].sent_at);
        senders[i].missing = allocate(slots, sizeof *senders[i].missing);
    }
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0)
        fail("epoll_create1: %s", strerror(errno));
}

int main(int count, char **words)
{
    read_options(count, words);
    prepare();
    long first_bytes = server_bytes();
    uint64_t start = clock_now();
    join_everybody();
    double join_seconds = (double)(clock_now() - start) / (double)SECOND;
    long joined_bytes = server_bytes();

    talking = sender_count > 0;
    pace_start = clock_now();
    run_until(pace_start + (uint64_t)(warmup_seconds * (double)SECOND));
    struct moment from = take_moment();
    measuring = true;
    run_until(from.time + (uint64_t)(measured_seconds * (double)SECOND));
    measuring = false;
    struct moment to = take_moment();
    talking = false;

    drain();
    ping_everybody();
    verify();
    print_figures(&from, &to, join_seconds, first_bytes, joined_bytes);
    return 0;
}
