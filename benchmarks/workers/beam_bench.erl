%% The BEAM's side of the benchmark: plain processes, no OTP behaviours, which is its best case.
%% main(Work, Size) prints one JSON line: {"value": N}, in base units.
-module(beam_bench).
-export([main/2]).

main(Work, Size) ->
    warm_up(Work, max(Size div 10, 1)),
    Value = measure(Work, Size),
    io:format("{\"value\": ~w}~n", [Value]),
    halt().

%% Processes that came and went would leave memory behind to be used again without growth.
warm_up(memory, _) -> ok;
warm_up(Work, Size) -> measure(Work, Size).

measure(tell, N) ->
    Self = self(),
    Counter = spawn(fun() -> count(N, Self) end),
    rate(N, fun() -> tell(N, Counter), receive done -> ok end end);
measure(ping_pong, N) ->
    Self = self(),
    One = spawn(fun() -> play(Self) end),
    Two = spawn(fun() -> play(Self) end),
    rate(N, fun() -> One ! {ball, Two, N - 1}, receive done -> ok end, stop([One, Two]) end);
measure(spawn, N) ->
    %% Stopping is off the clock, as it is for every other system.
    Started = now_us(),
    Pids = spawn_all(N),
    Elapsed = now_us() - Started,
    stop(Pids),
    N * 1.0e6 / Elapsed;
measure(memory, N) ->
    garbage_collect(),
    Before = resident_bytes(),
    Pids = spawn_all(N),
    Grown = resident_bytes() - Before,
    stop(Pids),
    Grown / N.

rate(N, Work) ->
    Started = now_us(),
    Work(),
    N * 1.0e6 / (now_us() - Started).

now_us() -> erlang:monotonic_time(microsecond).

tell(0, _) -> ok;
tell(N, Counter) -> Counter ! tick, tell(N - 1, Counter).

count(0, Owner) -> Owner ! done;
count(N, Owner) -> receive tick -> count(N - 1, Owner) end.

play(Owner) ->
    receive
        {ball, _, 0} -> Owner ! done, play(Owner);
        {ball, From, N} -> From ! {ball, self(), N - 1}, play(Owner);
        stop -> ok
    end.

spawn_all(N) ->
    Pids = [spawn(fun idle/0) || _ <- lists:seq(1, N)],
    lists:last(Pids) ! {self(), question},
    receive answer -> ok end,
    Pids.

idle() ->
    receive
        {From, question} -> From ! answer, idle();
        stop -> ok
    end.

%% Returns once every process is gone, so that the next measurement finds none of them.
stop(Pids) ->
    Monitors = [monitor(process, Pid) || Pid <- Pids],
    [Pid ! stop || Pid <- Pids],
    [receive {'DOWN', Monitor, _, _, _} -> ok end || Monitor <- Monitors],
    ok.

%% What the operating system charges; the VM's own books where /proc is missing.
resident_bytes() ->
    case file:read_file("/proc/self/status") of
        {ok, Status} ->
            {match, [KiB]} = re:run(Status, "VmRSS:\\s+(\\d+)", [{capture, [1], binary}]),
            binary_to_integer(KiB) * 1024;
        {error, _} ->
            erlang:memory(total)
    end.
