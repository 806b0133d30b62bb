"""Why runs fail, and what to do then."""

from bot.core.said import Words

W = Words("run.cause")
STEP = Words("run.next_step")

EVIDENCE = W("evidence", "{cause} ({evidence})")
EVIDENCE_ON = W("evidence_on", "{cause} ({evidence} on {node})")
ON = W("on", "{cause} (on {node})")
IT_SAID = W("it_said", "{cause} It said: {words}")

OUT_OF_MEMORY = W("out_of_memory", "The run used more host memory than it had asked for, and SLURM ended it.")
OUT_OF_MEMORY_BY_LOG = W("out_of_memory_by_log", "The run used more host memory than it had asked for.")
OUT_OF_HOST_MEMORY = W("out_of_host_memory", "The training code ran out of host memory.")
OUT_OF_GPU_MEMORY = W("out_of_gpu_memory", "The training code ran out of GPU memory.")
KILLED = W(
    "killed",
    "The run was killed (SIGKILL) though nobody cancelled it: most likely it used more host memory than it had.",
)
TIME_LIMIT = W("time_limit", "The run reached its time limit before it was done.")
DEADLINE = W(
    "deadline", "SLURM ended the run because it could not be done before the deadline that the cluster has set for it."
)
LAUNCH_FAILED = W("launch_failed", "The node could not start the run, as when SLURM's Prolog fails there.")
NODE_LOST = W("node_lost", "The node that the run was on was lost.")
PREEMPTED = W("preempted", "The run was ended to make room for one of higher priority.")
CODE = W("code", "The training code ended with an error.")
NO_FOLDER = W("no_folder", "The run's folder was not there on the node.")
BAD_SETTINGS = W("bad_settings", "The training code refused its settings, or found a checkpoint of other settings.")
DIVERGED = W("diverged", "The loss became NaN or infinite: the training diverged.")
NO_DATA = W("no_data", "The training data is missing or cannot be read.")
DISK_FULL = W("disk_full", "The disk was full while the run wrote its checkpoint or its results.")
DISK_FULL_BY_LOG = W("disk_full_by_log", "The disk was full while the run wrote.")
CHECKPOINT_DAMAGED = W(
    "checkpoint_damaged", "The checkpoint that the run was to go on from is damaged, and so is the one before it."
)
NOT_EXECUTABLE = W("not_executable", "The run's command could not be executed.")
NOT_FOUND = W("not_found", "The run's command was not found on the node.")
LOG_UNWRITABLE = W("log_unwritable", "SLURM could not open the run's log file, so nothing was run.")
IMPORT_ERROR = W("import_error", "The training code misses a module or library on the node.")
SHARE_AWAY = W("share_away", "The shared folder could not be read or written on the node.")
BAD_SCRIPT = W("bad_script", "The run's command or script is wrong.")
FILE_MISSING = W("file_missing", "A file that the training code needs is missing or may not be read.")
FILE_TORN = W("file_torn", "A file that the training code reads is torn or of another form.")
ILLEGAL_INSTRUCTION = W(
    "illegal_instruction", "The training code met an instruction that the node's CPU does not have (SIGILL)."
)
ABORTED = W("aborted", "The training code aborted (SIGABRT).")
BUS_ERROR = W("bus_error", "The training code ended by a bus error (SIGBUS).")
ARITHMETIC_ERROR = W("arithmetic_error", "The training code ended by an arithmetic error (SIGFPE).")
SEGMENTATION_FAULT = W("segmentation_fault", "The training code ended by a segmentation fault (SIGSEGV).")
BAD_RESULT = W("bad_result", "The run ended well but its result cannot be used: {why}")
NOT_SUBMITTED = W("not_submitted", "It could not be submitted: {why}")
CANCELLED_BY_OTHERS = W("cancelled_by_others", "It was cancelled on the cluster and not through Slipway.")
CANCELLED_BY = W("cancelled_by", "It was cancelled on the cluster and not through Slipway, {who}.")

MORE_MEMORY = STEP("more_memory", "Launch it again with more `memory_gib`, or with a smaller `batch_size`.")
MORE_TIME = STEP("more_time", "Resume it from its checkpoint, or launch it again with a higher `time_limit_min`.")
LOWER_RATE = STEP("lower_rate", "Launch it again with a lower learning rate.")
LOWER_LEARNING_RATE = STEP("lower_learning_rate", "Launch it again with a lower `learning_rate`.")
WHEN_SHORTER = STEP(
    "when_shorter", "Retry it when the queue is shorter, or launch it again with a lower `time_limit_min`."
)
LOOK_AT_DRAINED = STEP(
    "look_at_drained",
    "SLURM has most likely drained the node; `/cluster nodes` says why. Retry the run on another one.",
)
LOOK_AT_NODE = STEP(
    "look_at_node",
    "Look at the node with `/cluster nodes`; resume the run, on another node if this one stays away.",
)
RESUME_LATER = STEP("resume_later", "Resume it from its checkpoint when the queue is shorter.")
MEND_CODE = STEP("mend_code", "Read the last log lines; mend the code or the parameters and launch it again.")
CHECK_MOUNT = STEP("check_mount", "Check that the shared folder is mounted on the node; retry on another one.")
CHANGE_PARAMETERS = STEP("change_parameters", "Read the last log line; change the parameters and launch it again.")
SMALLER_BATCH = STEP("smaller_batch", "Launch it again with a smaller `batch_size`, or on more GPUs.")
CHECK_DATASET = STEP("check_dataset", "Check that the dataset's folder is mounted on the node and readable.")
FREE_SPACE = STEP("free_space", "Free space in the shared folder (`/cluster status` shows it), then resume the run.")
FROM_BEGINNING = STEP("from_beginning", "Launch the run again from the beginning.")
CHECK_COMMAND = STEP("check_command", "Check the recipe's command and environment.")
CHECK_WRITABLE = STEP(
    "check_writable", "Check that the shared folder is mounted and writable on the node and not full."
)
INSTALL = STEP("install", "Install it in the recipe's environment, or name another environment.")
CHECK_MOUNTS = STEP("check_mounts", "Check the node's mounts; resume the run on another node.")
MEND_SCRIPT = STEP("mend_script", "Mend it and launch the run again.")
CHECK_PATH = STEP("check_path", "Check the dataset's path and its permissions for the cluster's account.")
COMPARE_FILES = STEP("compare_files", "Compare the dataset's files with their source, then launch the run again.")
OTHER_CPU = STEP("other_cpu", "Retry it on another kind of node, or install libraries that are built for this one.")
LOOK_FOR_ABORT = STEP("look_for_abort", "Read the last log lines: what was not caught in C++ is named there.")
FEWER_WORKERS = STEP(
    "fewer_workers", "Mostly the node's shared memory (`/dev/shm`) was full: use fewer data-loading workers."
)
LOOK_FOR_ZERO = STEP("look_for_zero", "Look for a division of integers by zero.")
LOOK_AT_LIBRARIES = STEP(
    "look_at_libraries",
    "Look at the compiled libraries that it uses: their versions have to fit each other and the node.",
)
LOOK_AT_RESULT = STEP(
    "look_at_result",
    "Look at result.json and the log in the run's folder; launch the run again if it was cut off.",
)
CHANGE_AND_LAUNCH = STEP("change_and_launch", "Change what the cause names and launch it again.")
END_FIRST = STEP("end_first", "{step} Before that, end what SLURM may have taken all the same: {command:code}.")
ASK_WHO = STEP("ask_who", "Ask who did it why (`getent passwd` on the login node knows the uid); then resume the run.")
