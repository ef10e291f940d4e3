<?php
// A plugin that keeps the REST API to people who are logged in.
add_filter('rest_authentication_errors', function ($result) {
    $closed = new WP_Error('rest_not_logged_in', 'You are not currently logged in.', ['status' => 401]);
    return $result ?: (is_user_logged_in() ? $result : $closed);
});
