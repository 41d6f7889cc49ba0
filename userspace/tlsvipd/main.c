// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlsvipd: runs the TLS handshakes of connections that the kernel module holds.
 * This file is options, start and end; it handles no connection.
 */
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ev.h>
#include <openssl/crypto.h>

#include "log.h"
#include "notify.h"
#include "pki/pki.h"
#include "sandbox.h"
#include "session.h"
#include "store.h"
#include "worker.h"

#define MAIN_VERSION		"0.1"
#define MAIN_WORKERS_MAX	1024
#define MAIN_USAGE		2	/* exit status of wrong usage */

/**
 * struct main_state - the daemon
 * @pki: folder of the PKI store
 * @workers: its workers
 * @n_workers: how many
 * @changed: a worker's state did
 * @term: SIGTERM
 * @intr: SIGINT
 * @hup: SIGHUP
 * @said: what was last said about the workers, enum worker_state
 * @failed: a worker could not work
 */
struct main_state {
	const char *pki;
	struct worker *workers;
	int n_workers;
	ev_async changed;
	ev_signal term;
	ev_signal intr;
	ev_signal hup;
	enum worker_state said;
	bool failed;
};

static const char main_help[] =
	"Usage: tlsvipd [OPTION...]\n"
	"Runs the TLS handshakes of the tlsvip kernel module, in the foreground.\n"
	"\n"
	"  --pki DIR          PKI store (TLSVIP_PKI, else " PKI_STORE ")\n"
	"  --workers N        worker threads (one for each CPU)\n"
	"  --log-level LEVEL  error, warning, notice, info or debug (notice)\n"
	"  -h, --help         show this and exit\n"
	"  -V, --version      show the version and exit\n"
	"\n"
	"SIGHUP reads the trustpoints again, SIGTERM and SIGINT end the daemon.\n";

/* CPUs that the process may use; returns how many. */
static int main_cpus(int *cpus, int max)
{
	cpu_set_t set;
	int i, n = 0;

	if (sched_getaffinity(0, sizeof(set), &set)) {
		cpus[0] = 0;
		return 1;
	}
	for (i = 0; i < CPU_SETSIZE && n < max; i++) {
		if (CPU_ISSET(i, &set))
			cpus[n++] = i;
	}
	return n;
}

static int main_number(const char *text, int max)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	return errno || end == text || *end || n < 1 || n > max ? -1 : n;
}

/* Returns -1 to go on, or an exit status. */
static int main_options(struct main_state *m, int argc, char **argv)
{
	static const struct option options[] = {
		{ "pki", required_argument, NULL, 'p' },
		{ "workers", required_argument, NULL, 'w' },
		{ "log-level", required_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	int c, level;

	while ((c = getopt_long(argc, argv, "hV", options, NULL)) != -1) {
		switch (c) {
		case 'p':
			m->pki = optarg;
			break;
		case 'w':
			m->n_workers = main_number(optarg, MAIN_WORKERS_MAX);
			if (m->n_workers > 0)
				break;
			fprintf(stderr,
				"tlsvipd: --workers \"%s\": expected a number from 1 to %d\n",
				optarg, MAIN_WORKERS_MAX);
			return MAIN_USAGE;
		case 'l':
			level = log_level_parse(optarg);
			log_level_set(level);
			if (level >= 0)
				break;
			fprintf(stderr,
				"tlsvipd: --log-level \"%s\": expected error, warning, notice, info or debug\n",
				optarg);
			return MAIN_USAGE;
		case 'h':
			fputs(main_help, stdout);
			return 0;
		case 'V':
			puts("tlsvipd " MAIN_VERSION);
			return 0;
		default:
			fputs("Try \"tlsvipd --help\".\n", stderr);
			return MAIN_USAGE;
		}
	}
	if (optind == argc)
		return -1;
	fprintf(stderr, "tlsvipd: what is \"%s\"? Try \"tlsvipd --help\".\n",
		argv[optind]);
	return MAIN_USAGE;
}

static const char *main_status(const struct main_state *m)
{
	return m->said == WORKER_BOUND ? "Serving handshakes" :
	       "Waiting for the kernel module tlsvip";
}

/* All workers in @state? */
static bool main_all(const struct main_state *m, enum worker_state state)
{
	int i;

	for (i = 0; i < m->n_workers; i++) {
		if (atomic_load(&m->workers[i].state) != (int)state)
			return false;
	}
	return true;
}

static bool main_any(const struct main_state *m, enum worker_state state)
{
	int i;

	for (i = 0; i < m->n_workers; i++) {
		if (atomic_load(&m->workers[i].state) == (int)state)
			return true;
	}
	return false;
}

static void main_changed_cb(struct ev_loop *loop, ev_async *async, int events)
{
	struct main_state *m = async->data;

	if (main_any(m, WORKER_FAILED)) {
		m->failed = true;
		ev_break(loop, EVBREAK_ALL);
	} else if (main_all(m, WORKER_BOUND) && m->said != WORKER_BOUND) {
		m->said = WORKER_BOUND;
		log_notice("serving handshakes with %d workers, PKI store %s",
			   m->n_workers, m->pki);
		notify_ready(main_status(m));
	} else if (main_any(m, WORKER_WAITING) && m->said != WORKER_WAITING) {
		m->said = WORKER_WAITING;
		log_notice("waiting for the kernel module tlsvip");
		notify_ready(main_status(m));
	}
}

static void main_report(struct worker *w)
{
	struct main_state *m = w->data;

	ev_async_send(EV_DEFAULT_UC, &m->changed);
}

static void main_end_cb(struct ev_loop *loop, ev_signal *sig, int events)
{
	log_notice("ending: %s", strsignal(sig->signum));
	ev_break(loop, EVBREAK_ALL);
}

static void main_hup_cb(struct ev_loop *loop, ev_signal *sig, int events)
{
	notify_reloading();
	store_reload();
	notify_ready(main_status(sig->data));
}

static void main_watch(struct main_state *m, struct ev_loop *loop)
{
	ev_async_init(&m->changed, main_changed_cb);
	ev_signal_init(&m->term, main_end_cb, SIGTERM);
	ev_signal_init(&m->intr, main_end_cb, SIGINT);
	ev_signal_init(&m->hup, main_hup_cb, SIGHUP);
	m->changed.data = m;
	m->hup.data = m;
	ev_async_start(loop, &m->changed);
	ev_signal_start(loop, &m->term);
	ev_signal_start(loop, &m->intr);
	ev_signal_start(loop, &m->hup);
}

static int main_start_workers(struct main_state *m, const int *cpus, int n)
{
	int i, err;

	m->workers = calloc(m->n_workers, sizeof(*m->workers));
	if (!m->workers)
		return -ENOMEM;
	for (i = 0; i < m->n_workers; i++) {
		m->workers[i].cpu = cpus[i % n];
		m->workers[i].report = main_report;
		m->workers[i].data = m;
		err = worker_start(&m->workers[i]);
		if (err) {
			log_err("cannot start a worker: %s", strerror(-err));
			m->n_workers = i;
			return err;
		}
	}
	return 0;
}

static void main_end_workers(struct main_state *m)
{
	int i;

	for (i = 0; i < m->n_workers; i++)
		worker_stop(&m->workers[i]);
	for (i = 0; i < m->n_workers; i++)
		worker_join(&m->workers[i]);
	free(m->workers);
}

/* From the first worker to the last; returns the exit status. */
static int main_serve(struct main_state *m)
{
	struct ev_loop *loop = ev_default_loop(EVFLAG_NOENV);
	int cpus[MAIN_WORKERS_MAX];
	sigset_t all, old;
	int n, err;

	if (!loop) {
		log_err("cannot make an event loop");
		return EXIT_FAILURE;
	}
	n = main_cpus(cpus, MAIN_WORKERS_MAX);
	if (!m->n_workers)
		m->n_workers = n;
	main_watch(m, loop);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = main_start_workers(m, cpus, n);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!err)
		ev_run(loop, 0);
	notify_stopping();
	main_end_workers(m);
	ev_loop_destroy(loop);
	return err || m->failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct main_state m = { .pki = getenv("TLSVIP_PKI") };
	int status, err;

	if (!m.pki || !*m.pki)
		m.pki = PKI_STORE;
	status = main_options(&m, argc, argv);
	if (status >= 0)
		return status;
	log_init();
	signal(SIGPIPE, SIG_IGN);
	err = sandbox_enter();
	if (err) {
		log_err("cannot give up privileges: %s", strerror(-err));
		return EXIT_FAILURE;
	}
	err = session_init();
	if (err) {
		log_err("cannot make ticket keys: %s", strerror(-err));
		return EXIT_FAILURE;
	}
	status = store_init(m.pki) ? EXIT_FAILURE : main_serve(&m);
	store_exit();
	session_exit();
	return status;
}
