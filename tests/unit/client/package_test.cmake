# Installs the library somewhere, and builds the example of the documentation against what is there.
#   cmake -DBUILD=... -DSOURCE=... -DWORK=... -DFLAGS=... -DCXX=... -P package_test.cmake
file(REMOVE_RECURSE ${WORK})
function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()
foreach(component library development)
  run(${CMAKE_COMMAND} --install ${BUILD} --component ${component} --prefix ${WORK}/prefix)
endforeach()
run(${CMAKE_COMMAND} -G Ninja -S ${SOURCE}/docs/examples -B ${WORK}/build -DCMAKE_PREFIX_PATH=${WORK}/prefix
    -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_CXX_FLAGS=${FLAGS})
run(${CMAKE_COMMAND} --build ${WORK}/build)
execute_process(COMMAND ${WORK}/build/store_and_fetch RESULT_VARIABLE status ERROR_VARIABLE message)
if(NOT status EQUAL 2)
  message(FATAL_ERROR "the example does not run: ${status} ${message}")
endif()
file(REMOVE_RECURSE ${WORK})
