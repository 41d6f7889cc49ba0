// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Samples where CPU 0 is while a command runs, kernel and user, and writes one
 * line a sample: "COMM ADDRESS..." with the kernel's part of the call chain,
 * innermost first. Under --icount the clock counts instructions, so this is a
 * profile of instructions. It knows no symbols; selftests/bench/samples.py does.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define RING_PAGES	4096	/* all samples of a run: nobody reads meanwhile */
#define COMMS		65536	/* by thread id, the highest is far below */

static char comms[COMMS][17];

struct sample {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t nr;
	uint64_t ips[];
};

struct comm {
	struct perf_event_header header;
	uint32_t pid, tid;
	char comm[];
};

static const char *comm_of(uint32_t tid)
{
	char path[64];
	FILE *file;

	if (tid >= COMMS)
		return "?";
	if (comms[tid][0])
		return comms[tid];
	snprintf(path, sizeof(path), "/proc/%u/comm", tid);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%16s", comms[tid]) != 1)
		snprintf(comms[tid], sizeof(comms[tid]), tid ? "?" : "idle");
	if (file)
		fclose(file);
	return comms[tid];
}

static void print_sample(FILE *out, const struct sample *sample)
{
	uint64_t i;

	fputs(comm_of(sample->tid), out);
	for (i = 0; i < sample->nr; i++)
		fprintf(out, " %" PRIx64, sample->ips[i]);
	fputc('\n', out);
}

/* The ring never wraps: it is bigger than what a run yields, or says so. */
static void print_ring(FILE *out, struct perf_event_mmap_page *page)
{
	char *data = (char *)page + page->data_offset;
	uint64_t at = 0, end = page->data_head;
	struct perf_event_header *header;

	if (end > page->data_size - 65536)
		fputs("bench-profile: too many samples, the last are lost\n",
		      stderr);
	for (; at < end; at += header->size) {
		header = (struct perf_event_header *)(data + at);
		if (header->type == PERF_RECORD_COMM) {
			struct comm *comm = (struct comm *)header;

			if (comm->tid < COMMS)
				snprintf(comms[comm->tid], 17, "%.16s",
					 comm->comm);
		}
	}
	for (at = 0; at < end; at += header->size) {
		header = (struct perf_event_header *)(data + at);
		if (header->type == PERF_RECORD_SAMPLE)
			print_sample(out, (struct sample *)header);
	}
}

int main(int argc, char **argv)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_CALLCHAIN,
		.disabled = 1,
		.comm = 1,
		.comm_exec = 1,
	};
	size_t size = (RING_PAGES + 1) * sysconf(_SC_PAGESIZE);
	int fd, status;
	void *ring;
	FILE *out;
	pid_t pid;

	if (argc < 4) {
		fputs("usage: bench-profile NANOSECONDS FILE COMMAND...\n",
		      stderr);
		return 2;
	}
	attr.sample_period = strtoull(argv[1], NULL, 0);
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1,
		     PERF_FLAG_FD_CLOEXEC);
	ring = fd < 0 ? MAP_FAILED : mmap(NULL, size, PROT_READ | PROT_WRITE,
					  MAP_SHARED, fd, 0);
	out = fopen(argv[2], "w");
	if (ring == MAP_FAILED || !out) {
		fprintf(stderr, "bench-profile: %s\n", strerror(errno));
		return 1;
	}
	ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
	pid = fork();
	if (pid == 0) {
		execvp(argv[3], argv + 3);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
	print_ring(out, ring);
	fclose(out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
