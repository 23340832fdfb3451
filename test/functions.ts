/** Where a job would find its functions, for what runs none. */
export const functions = "file:///opt/flink/usrlib/shadow-flink-functions.jar";
